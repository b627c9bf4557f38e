// Looks at a page on the way of a story: axe finds nothing, nothing scrolls sideways; a picture in light, in dark and on a phone.
import { join } from 'node:path'
import { violations } from './axe.mjs'
import { shots, sleep } from './story.mjs'

/** `menu`: one is open. It stands at the end of the document, outside of its landmarks, as menus do. */
export async function look(story, { page }, name, { menu = false } = {}) {
  await page.evaluate(() => document.fonts.ready)
  await sleep(400)
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.screenshot({ path: join(shots, `${story.name}-${name}-${colorScheme}.png`) })
    for (const { help, id, where } of await violations(page)) {
      if (menu && id === 'region') continue
      story.complaints.push(`${name} in ${colorScheme}: ${help} (${id}): ${where.join(', ')}`)
    }
  }
  const before = page.viewportSize()
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 390, height: 844 })
  await sleep(200)
  await page.screenshot({ path: join(shots, `${story.name}-${name}-phone.png`) })
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  if (over > 0) story.complaints.push(`${name}: scrolls sideways by ${over} px at 390 px`)
  await page.setViewportSize(before)
}
