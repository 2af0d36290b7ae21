// A city's own directory in a process of its own: a certified OpenID provider, with people that its argument names.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { port, people, back, client, secret } = JSON.parse(process.argv[2]);
const { default: Provider } = await import(pathToFileURL(createRequire(`${process.cwd()}/frontend/`).resolve("oidc-provider")));
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: client, client_secret: secret, redirect_uris: [back], grant_types: ["authorization_code"], response_types: ["code"] }],
  claims: { openid: ["sub", "amr"], email: ["email", "email_verified"], profile: ["name", "locale"] },
  // What somebody is asked for by scope stands in the ID token itself where the city wants it so; here it is asked for apart.
  conformIdTokenClaims: true,
  pkce: { required: () => true },
  findAccount: (_context, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
});
provider.listen(port, "127.0.0.1", () => console.log("listening"));
