import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(globalIgnores(['dist', 'out', 'bundled', '**/*.js', '**/*.mjs']), {
  files: ['**/*.ts'],
  extends: [tseslint.configs.strictTypeChecked],
  languageOptions: { parserOptions: { project: './tsconfig.json' } },
  rules: {
    '@typescript-eslint/no-floating-promises': [
      'error',
      {
        checkThenables: true,
        ignoreVoid: false,
        // The runner waits for its tests by itself.
        allowForKnownSafeCalls: [{ from: 'package', name: 'test', package: 'node:test' }],
      },
    ],
    '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
  },
});
