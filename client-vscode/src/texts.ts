/** Apply text edits, and find the error in a pasted text. Pure: does not use the editor's API. */

export interface Position {
  readonly line: number;
  /** In UTF-16 units. */
  readonly character: number;
}

export interface Edit {
  readonly range: { readonly start: Position; readonly end: Position };
  readonly newText: string;
}

/** The text after edits that all refer to the original text and do not overlap, as the protocol requires. */
export function applied(text: string, edits: readonly Edit[]): string {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), found => found.index + found[0].length)];
  const offset = ({ line, character }: Position) => {
    const start = starts[line];
    return start === undefined ? text.length : Math.min(start + character, starts[line + 1] ?? text.length);
  };
  const located = edits.map((edit, index) => ({
    from: offset(edit.range.start),
    to: offset(edit.range.end),
    text: edit.newText,
    index,
  }));
  located.sort((one, other) => one.from - other.from || one.index - other.index);
  let done = '';
  let position = 0;
  for (const edit of located) {
    done += text.slice(position, edit.from) + edit.text;
    position = edit.to;
  }
  return done + text.slice(position);
}

const ERROR_PATTERN =
  /different version of package|plugin\.Open|plugin: |go: |missing go\.sum entry|no required module/;
const COLOURS = /\u001b\[[0-9;]*[A-Za-z]/g;

/** The line of a copied text that is most likely the error: the first that looks like one, else the first line. */
export function errorLine(text: string): string {
  const lines = text
    .replaceAll(COLOURS, '')
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '');
  return lines.find(line => ERROR_PATTERN.test(line)) ?? lines[0] ?? '';
}
