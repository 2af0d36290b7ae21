const SIGNS: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&#34;": '"', "&#39;": "'" };

/** What an attribute of our own pages says. */
export function plain(escaped: string): string {
  return escaped.replace(/&(amp|lt|gt|#34|#39);/g, (sign) => SIGNS[sign] ?? sign);
}
