/** Text of others, as it may be shown where VS Code expects plain text. Pure: no editor here. */

/** What steers, hides or turns others around, or ends the line. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** Where a link begins: VS Code makes links of this in notifications and status items, `command:` included. */
const LINK = /\]\((?=[a-z][a-z0-9+.-]*:)/gi;
const ICON = /\$\([a-z0-9-]+(?:~[a-z]+)?\)/gi;

/** The text on one line, with escapes for what cannot be seen, and without links. */
export function plain(text: string): string {
  return text.replace(UNSEEN, char => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`).replace(LINK, '] (');
}

/** The same for labels in which VS Code draws icons: of quick picks and status items. */
export function label(text: string): string {
  return plain(text).replace(ICON, '\\$&');
}
