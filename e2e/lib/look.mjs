// Looks at a page on the way of a story: axe finds nothing, nothing scrolls sideways; a picture in light, in dark and on a phone.
import { join } from 'node:path'
import { violations } from './axe.mjs'
import { shots, sleep } from './story.mjs'

/** How far the page scrolls sideways on phones, and which element makes it; nothing if it does not. */
export async function sideways(page) {
  const was = page.viewportSize()
  const found = []
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 })
    const [over, who] = await page.evaluate(() => {
      const room = document.documentElement.clientWidth
      const out = [...document.querySelectorAll('main *')].find((element) => element.getBoundingClientRect().right > room + 1)
      return [document.documentElement.scrollWidth - room, out ? `${out.tagName.toLowerCase()}.${out.className}` : '']
    })
    if (over > 0) found.push(`scrolls sideways by ${over} px at ${width} px (${who})`)
  }
  await page.setViewportSize(was)
  return found
}

/** `menu`: one is open. It stands at the end of the document, outside of its landmarks, as menus do. */
export async function look(story, { page }, name, { menu = false } = {}) {
  await page.evaluate(() => document.fonts.ready)
  await page.locator('.skel').first().waitFor({ state: 'detached', timeout: 20_000 })
  await sleep(400)
  const was = page.viewportSize()
  const variants = [['light', 'light', was], ['dark', 'dark', was], ['phone', 'light', { width: 390, height: 844 }]]
  for (const [variant, colorScheme, size] of variants) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize(size)
    await sleep(200)
    await page.screenshot({ path: join(shots, `${story.name}-${name}-${variant}.png`) })
    for (const { help, id, where } of await violations(page)) {
      if (menu && id === 'region') continue
      story.complaints.push(`${name}, ${variant}: ${help} (${id}): ${where.join(', ')}`)
    }
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (over > 0) story.complaints.push(`${name}, ${variant}: scrolls sideways by ${over} px`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(was)
}
