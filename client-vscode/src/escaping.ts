/** Escape untrusted text for places where VS Code shows plain text. Pure: does not use the editor's API. */

/** Control characters, invisible ones, those that change the direction of text, and line breaks. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** The start of a link: VS Code shows links in notifications and status items, even `command:` links. */
const LINK = /\]\((?=[a-z][a-z0-9+.-]*:)/gi;
const ICON = /\$\([a-z0-9-]+(?:~[a-z]+)?\)/gi;

/** The text on one line, with invisible characters escaped, and without links. */
export function plainText(text: string): string {
  return text.replace(UNSEEN, char => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`).replace(LINK, '] (');
}

/** Plain text without icons, for labels in which VS Code shows icons: those of quick picks and status items. */
export function labelText(text: string): string {
  return plainText(text).replace(ICON, '\\$&');
}
