// Every message key in the source exists, and no plain key is left unused.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import en from './en.json'

const src = fileURLToPath(new URL('..', import.meta.url))
function files(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name)
    return statSync(path).isDirectory() ? files(path) : /\.(vue|ts)$/.test(name) && !name.endsWith('.test.ts') ? [path] : []
  })
}
function flatten(value: unknown, prefix = ''): string[] {
  return typeof value === 'string' ? [prefix] : Object.entries(value as object).flatMap(([k, v]) => flatten(v, prefix ? `${prefix}.${k}` : k))
}
const known = new Set(flatten(en))
const text = files(src).map((f) => readFileSync(f, 'utf8')).join('\n')

describe('messages', () => {
  it('has every key that the source names', () => {
    const used = [...text.matchAll(/\b(?:t|tn|say)\(\s*'([a-z_.]+)'|keypath="([a-z_.]+)"|\?\s*'([a-z_]+\.[a-z_.]+)'\s*:\s*'([a-z_]+\.[a-z_.]+)'/g)].flatMap((m) => m.slice(1).filter(Boolean))
    expect(used.filter((k) => !known.has(k!))).toEqual([])
  })
  it('has no key that nothing uses', () => {
    const dynamic = /^(title|role|role_text|scope|scope_text|status|tab|action|decided|problem|family|keys|theme|reject\.reason|resolve|abort|withdraw|leave|own_role|other_role|remove_person|checks\.printer|jobs\.empty|toast\.(pause|resume|move|resolved|abort|withdraw)|setup\.step|wait\.step|trash\.kind|share\.change)\b|^(checks\.printer_|jobs\.empty_|toast\.(resolved|move)_|setup\.step_|sign_in\.step_|wait\.step_|project\.tab_|org\.mail_|org\.limit_)/
    expect([...known].filter((k) => !dynamic.test(k) && !text.includes(`'${k}'`) && !text.includes(`"${k}"`))).toEqual([])
  })
})
