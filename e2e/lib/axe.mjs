// What axe says of a page, light or dark as it is. The rules run inside the page, which loads nothing from elsewhere.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** All violations: id, what to do, and where. */
export async function violations(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const { violations: all } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  return all.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.target.join(' ')).slice(0, 3) }))
}
