import assert from 'node:assert/strict';
import { test } from 'node:test';
import { label, plain } from '../../src/plain';

test('what would steer or hide is shown', () => {
  const odd = 'a\u001b[31m\u202e\u200b\n\u2028\u{e0041}b';
  assert.equal(plain(odd), 'a\\u{1b}[31m\\u{202e}\\u{200b}\\u{a}\\u{2028}\\u{e0041}b');
  assert.equal(plain('example.com/ä v1.0.0 f[int](x)'), 'example.com/ä v1.0.0 f[int](x)');
});

test('text of others forms no link', () => {
  assert.equal(plain('[c](command:evil) [h](HTTPS://e)'), '[c] (command:evil) [h] (HTTPS://e)');
});

test('text of others draws no icon in a label', () => {
  assert.equal(label('$(trash) $(sync~spin) $(go env)'), '\\$(trash) \\$(sync~spin) $(go env)');
});
