// Every page in light, in dark and on a phone: nothing in the console, nothing that axe finds, no sideways scrolling.
// The pictures stay in e2e/shots.
import { join } from 'node:path'
import { violations } from '../lib/axe.mjs'
import { sideways } from '../lib/look.mjs'
import { doors, ended, move, moving, waiting } from '../lib/pages.mjs'
import { call, email, PASSWORD } from '../lib/people.mjs'
import { startDemo } from '../lib/processes.mjs'
import { shots, sleep, until } from '../lib/story.mjs'

export const title = 'every page: console, accessibility, width; pictures'
export const seconds = 900

const wide = { width: 1440, height: 900 }
const tall = 844

export async function tell(story, { judge = true } = {}) {
  const demo = await startDemo()
  story.servers.push(demo)
  const world = { url: demo.url }
  const { demo: offered } = await (await fetch(`${demo.url}/api/v1/setup`)).json()
  const signIns = Object.fromEntries((offered.sign_ins ?? offered).map((one) => [one.role, one]))

  /** One browser for each role. */
  const open = new Map()
  async function person(role) {
    if (!open.has(role)) {
      const one = await story.person(String(role), { viewport: wide, colorScheme: 'light', reducedMotion: 'reduce' })
      if (judge) complainAboutRefusals(story, one)
      open.set(role, one)
      if (role in signIns) {
        const { email: address, password } = signIns[role]
        await call(one, world.url, 'POST', '/sessions', { email: address, password })
      } else if (role === 'nobody') {
        await call(one, world.url, 'POST', '/accounts', { name: 'Nora', email: email('Nora'), password: PASSWORD })
      }
    }
    return open.get(role)
  }

  async function look(list) {
    for (const [name, role, path, act, also] of list) {
      await story.soft(name, async () => {
        const { page } = await person(role)
        const to = typeof path === 'function' ? path(world) : path
        await page.goto(to.startsWith('http') ? to : world.url + to)
        await act?.(page)
        await settled(page)
        if (judge && also) await story.soft(name, () => also(page))
        const picture = (variant) => page.screenshot({ path: join(shots, `${name}-${variant}.png`) })
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme })
          await picture(colorScheme)
          if (judge) await judgeWords(`${name} in ${colorScheme}`, page, name)
        }
        await page.emulateMedia({ colorScheme: 'light' })
        await page.setViewportSize({ width: 390, height: tall })
        await sleep(150)
        await picture('phone')
        if (judge) await judgeWords(`${name} on a phone`, page, name)
        if (judge) for (const complaint of await sideways(page)) story.complaints.push(`${name}: ${complaint}`)
        await page.setViewportSize(wide)
        // Leaving a draft asks; a fresh page does not.
        if (name === 'permissions-draft') await page.getByRole('button', { name: 'Discard' }).click()
      })
    }
  }

  async function judgeWords(shown, page, name) {
    for (const { id, help, where } of await violations(page)) {
      // An open menu stands at the end of the document, outside of its landmarks, as menus do.
      if (name.endsWith('-menu') && id === 'region') continue
      story.complaints.push(`${shown}: ${help} (${id}): ${where.join(', ')}`)
    }
  }

  const member = await person('member')
  world.held = (await call(member, world.url, 'GET', '/print-jobs?tab=needs_approval')).items[0].id
  await member.page.goto(`${world.url}/jobs`)
  await member.page.getByTestId('job-row').nth(2).waitFor()
  await settled(member.page)
  await member.page.screenshot({ path: join(shots, 'readme.png') })

  await look(waiting)
  Object.assign(world, await move(member, world.url))
  await look(moving)

  const admin = await person('admin')
  world.invite = (await call(admin, world.url, 'POST', '/invitations', { role: 'guest' })).link
  const empty = await story.server({})
  world.setup = await empty.setupLink()
  await look(doors)

  await until('the print to end', async () => (await call(admin, world.url, 'GET', '/print-jobs/counts')).plate === 1, 90)
  await look(ended)
  story.note(`${waiting.length + moving.length + doors.length + ended.length} pages, each in light, in dark and on a phone`)
}

/** Fonts and pictures are there and nothing is loading. */
async function settled(page) {
  await page.waitForLoadState('load')
  await page.evaluate(() => document.fonts.ready)
  await page.locator('.skel').first().waitFor({ state: 'detached', timeout: 20_000 })
  await sleep(250)
}

/** A page that asks for what it may not have writes an error into the console. */
function complainAboutRefusals(story, { label, page }) {
  page.on('response', (response) => {
    if (response.status() < 400) return
    const path = new URL(response.url()).pathname
    // Whether somebody is signed in can only be found out by asking.
    if (response.status() === 401 && path === '/api/v1/session') return
    story.complaints.push(`${label} at ${new URL(page.url()).pathname}: ${response.status()} for ${path.replace(/[0-9a-f-]{36}/, 'ID')}`)
  })
}
