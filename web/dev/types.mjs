// Types of the API from the server's own OpenAPI document: `npm run types` writes them, `npm run types:check` fails when
// they are not up to date. Only the shapes are wanted; which path answers what is in src/api/index.ts.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const source = at('../../crates/testkit/golden/openapi.json')
const target = at('../src/api/schema.ts')
const header = '// Generated from crates/testkit/golden/openapi.json by `npm run types`. Do not edit.\n\n'

const document = JSON.parse(readFileSync(source, 'utf8'))
// Lists are written out whole for each kind of item; `Page<T>` in types.ts says the same once.
const schemas = Object.fromEntries(Object.entries(document.components.schemas).filter(([name]) => !name.startsWith('Page_')))
const nodes = await openapiTS({ ...document, paths: {}, components: { schemas } })
const text = header + astToString(nodes).replace(/^export (type (paths|webhooks|\$defs|operations)|interface (paths|operations)).*\n/gm, '')

if (!process.argv.includes('--check')) writeFileSync(target, text)
else if (readFileSync(target, 'utf8') !== text) {
  console.error('src/api/schema.ts is not what the OpenAPI document says. Run `npm run types`.')
  process.exit(1)
}
