import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelText, plainText } from '../../src/escaping';

test('control characters and invisible characters are escaped', () => {
  const odd = 'a\u001b[31m\u202e\u200b\n\u2028\u{e0041}b';
  assert.equal(plainText(odd), 'a\\u{1b}[31m\\u{202e}\\u{200b}\\u{a}\\u{2028}\\u{e0041}b');
  assert.equal(plainText('example.com/ä v1.0.0 f[int](x)'), 'example.com/ä v1.0.0 f[int](x)');
});

test('untrusted text contains no link', () => {
  assert.equal(plainText('[c](command:evil) [h](HTTPS://e)'), '[c] (command:evil) [h] (HTTPS://e)');
});

test('untrusted text shows no icon in a label', () => {
  assert.equal(labelText('$(trash) $(sync~spin) $(go env)'), '\\$(trash) \\$(sync~spin) $(go env)');
});
