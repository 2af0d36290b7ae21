// Reads [[z, x, y, tile in base64], …] from the standard input, with the decoder that the map itself uses, and writes
// for each tile its layers: {name: {version, extent, features: [{type, at: [long, lat], properties}]}}.
import { text } from "node:stream/consumers";

const packages = new URL("../../frontend/node_modules/", import.meta.url);
const { VectorTile } = await import(new URL("@mapbox/vector-tile/index.js", packages));
const { PbfReader } = await import(new URL("pbf/index.js", packages));

const features = (layer, z, x, y) =>
  Array.from({ length: layer.length }, (_, place) => {
    const { geometry, properties } = layer.feature(place).toGeoJSON(x, y, z);
    return { type: geometry.type, at: geometry.coordinates, properties };
  });

const decoded = ([z, x, y, data]) =>
  Object.fromEntries(
    Object.entries(new VectorTile(new PbfReader(Buffer.from(data, "base64"))).layers).map(([name, layer]) => [
      name,
      { version: layer.version, extent: layer.extent, features: features(layer, z, x, y) },
    ]),
  );

console.log(JSON.stringify(JSON.parse(await text(process.stdin)).map(decoded)));
