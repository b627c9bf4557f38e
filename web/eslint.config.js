// Lint rules. The extra rules at the end protect promises of the design guide and of the security policy.
import pluginVue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

const browser = Object.fromEntries(
  ['window', 'document', 'localStorage', 'fetch', 'URL', 'process', 'console', 'setTimeout', 'setInterval', 'clearInterval', 'Buffer'].map(
    (name) => [name, 'readonly'],
  ),
)

export default tseslint.config(
  { ignores: ['src/api/schema.ts', 'dist/**', 'node_modules/**'] },
  ...tseslint.configs.recommended,
  ...pluginVue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
  },
  { files: ['**/*.{js,mjs}'], languageOptions: { globals: browser } },
  {
    rules: {
      // Layout of templates is a matter of taste here; correctness rules stay on.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/attributes-order': 'off',
      'vue/require-default-prop': 'off',
      'vue/multi-word-component-names': 'off',
      // A static style attribute or v-html can end up as an HTML string, which the security policy refuses.
      'vue/no-static-inline-styles': ['error', { allowBinding: true }],
      'vue/no-v-html': 'error',
      'no-eval': 'error',
      'no-console': 'error',
    },
  },
  { files: ['dev/**'], rules: { 'no-console': 'off' } },
)
