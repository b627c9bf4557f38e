// Vite plugin: compiles the message files while building. The browser gets ready-made data and needs neither the message
// compiler nor `eval`, which the Content-Security-Policy would refuse. A message with a syntax error fails the build.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { baseCompile } from '@intlify/message-compiler'
import type { Plugin } from 'vite'

const PREFIX = 'virtual:messages/'
const file = (locale: string) => fileURLToPath(new URL(`../src/locales/${locale}.json`, import.meta.url))

function compile(value: unknown, path: string, minify: boolean): unknown {
  if (typeof value !== 'string') {
    return Object.fromEntries(
      Object.entries(value as object).map(([k, v]) => [k, compile(v, path ? `${path}.${k}` : k, minify)]),
    )
  }
  const { ast } = baseCompile(value, {
    jit: true,
    location: false,
    minify,
    onError: (error) => {
      throw new Error(`Message "${path}": ${error.message}`)
    },
  })
  return ast
}

export default function messages(): Plugin {
  let minify = false
  return {
    name: 'imprimatur-messages',
    configResolved(config) {
      minify = config.command === 'build'
    },
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return undefined
      const path = file(id.slice(PREFIX.length + 1))
      this.addWatchFile(path)
      const tree = compile(JSON.parse(readFileSync(path, 'utf8')), '', minify)
      // As a string, because browsers parse JSON much faster than the same object literal.
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(tree))})`
    },
  }
}
