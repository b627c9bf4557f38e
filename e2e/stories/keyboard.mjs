// The main job with the keyboard alone: no mouse, and no address after the first. Then the pages at 200 % zoom, and with
// less motion.
import { call, email, job, organization, PASSWORD, printFile, sendByApi, status } from '../lib/people.mjs'
import { Keyboard } from '../lib/keyboard.mjs'
import { check, reads, sleep, until } from '../lib/story.mjs'

export const title = 'send, approve, undo, print, clear the plate and change the rule by keyboard; zoom; less motion'

export async function tell(story) {
  const printer = await story.printer(6)
  const server = await story.server({ printers: [printer.host] })
  const people = await organization(story, server, { Ada: 'admin', Mia: 'member', Gus: 'guest' }, [printer])
  const world = { url: server.url, printer, ...people }

  await sendByApi(world.Gus, world.url, 'Hinge', world.printers[0])
  const all = await Promise.allSettled([byKeyboard(story, world), zoomed(story, world), lessMotion(story, world)])
  for (const { reason } of all) if (reason) throw reason
  const { page, keys } = all[0].value
  await takesAway(page, keys)
  story.note(`${keys.stops} stops of the focus, each with a ring, in sight and with a name`)
}

async function byKeyboard(story, world) {
  const person = await story.person('Keys')
  const { page } = person
  const keys = await Keyboard.of(person)
  await page.goto(world.url)
  const id = await sends(page, keys, world)
  await approves(page, keys, world, id)
  await changesTheRule(page, keys, world)
  return { page, keys }
}

async function signIn(page, keys, name) {
  await page.getByTestId('account-email').waitFor()
  await keys.to('account-email')
  await keys.type(email(name))
  await keys.to('account-password')
  await keys.type(PASSWORD)
  await keys.press('Enter')
  await page.waitForURL('**/jobs')
  await page.getByTestId('lead').waitFor()
  await keys.kept('signing in')
}

async function signOut(page, keys) {
  await keys.to('account-menu', { back: true })
  await keys.press('Enter')
  await page.getByTestId('sign-out').waitFor()
  await until('the focus to be in the menu', async () => (await page.evaluate(() => document.activeElement?.closest('[role=menu]'))) !== null, 15)
  await keys.press('Escape')
  await page.getByTestId('sign-out').waitFor({ state: 'detached' })
  // A menu gives the focus back a moment after it is gone.
  await until('the focus to come back from the menu', () => page.evaluate(() => document.activeElement !== document.body), 15)
  check('Escape closes the menu and gives the focus back', (await keys.stop()).id === 'account-menu')
  await keys.press('Enter')
  await page.getByTestId('sign-out').waitFor()
  for (let i = 0; i < 10; i += 1) {
    await keys.press('ArrowDown')
    if ((await keys.stop()).id === 'sign-out') break
  }
  check('the arrows lead to signing out', (await keys.stop()).id === 'sign-out')
  await keys.press('Enter')
  await page.waitForURL('**/sign-in')
  await page.getByTestId('account-email').waitFor()
  await keys.kept('signing out')
}

async function sends(page, keys, world) {
  await signIn(page, keys, 'Gus')
  await keys.to('new-job')
  await keys.press('Enter')
  await page.waitForURL('**/jobs/new')
  await page.getByTestId('printer-option').first().waitFor()
  await keys.kept('going to another page')
  await keys.to(/choose/i)
  const asked = page.waitForEvent('filechooser')
  await keys.press('Enter')
  await (await asked).setFiles(printFile('door_sign.gcode'))
  await page.getByTestId('ticket').first().waitFor()
  await keys.kept('choosing a file')
  await keys.to('printer-option')
  await keys.press('Space')
  check('the printer is chosen', await page.getByTestId('printer-option').first().isChecked())
  await keys.to('job-note')
  await keys.type('For the door.')
  await keys.to('send')
  await keys.press('Enter')
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/)
  await reads(status({ page }), 'Needs approval')
  await keys.kept('sending')
  const id = page.url().split('/').at(-1)
  check('it is held', (await job(world.Gus, world.url, id)).status === 'needs_approval')
  await keys.to('withdraw')
  await keys.dialog('withdraw-dialog', () => keys.press('Enter'))
  await signOut(page, keys)
  return id
}

async function approves(page, keys, world, id) {
  const now = async (wanted) => (await job(world.Mia, world.url, id)).status === wanted
  await signIn(page, keys, 'Mia')
  await page.getByTestId('job-row').nth(1).waitFor()
  await keys.dialog('keys-dialog', () => keys.press('?'))
  await keys.to(/^door sign/i)
  await keys.press('Enter')
  await page.getByTestId('review').waitFor()
  await keys.to(/^open$/i)
  await keys.press('Enter')
  await page.waitForURL(`**/jobs/${id}`)
  await page.getByTestId('job-page').waitFor()
  await keys.kept('opening the job')

  await keys.to('do-reject')
  await keys.dialog('reject-dialog', () => keys.press('Enter'))
  // From the menu, the focus comes back to the button that opened the menu.
  await keys.to('menu')
  await keys.dialog('reroute-dialog', async () => {
    await keys.press('Enter')
    await page.getByTestId('menu-reroute').waitFor()
    await chooses(keys, 'menu-reroute')
  })

  await keys.to('do-approve', { back: true })
  await keys.press('Enter')
  await reads(page.getByTestId('toast'), 'Approved door sign')
  check('approved', await now('queued'))
  await keys.kept('approving')
  await keys.press('z')
  await reads(page.getByTestId('toast'), 'needs approval again')
  check('undone', await now('needs_approval'))
  await reads(status({ page }), 'Needs approval')
  await keys.kept('undoing')
  await keys.to('do-approve')
  await keys.press('Space')
  await reads(page.getByTestId('toast'), 'Approved door sign')
  await keys.kept('approving again')
  await reads(status({ page }), 'Printing', 30)
  await reads(status({ page }), 'Clear the plate', 30)
  check('it was started once', (await world.printer.ledger()).length === 1)
  await keys.kept('watching')

  await keys.to(/^Bench 1$/)
  await keys.press('Enter')
  await page.getByTestId('printer-page').waitFor()
  await keys.kept('going to the printer')
  await keys.to(/^Plate is clear$/)
  await keys.press('Enter')
  await reads(page.getByTestId('status'), 'Ready')
  await keys.kept('clearing the plate')
  check('finished', await now('finished'))
  await signOut(page, keys)
}

/** Arrows down to an item of the open menu, then Enter. */
async function chooses(keys, item) {
  for (let i = 0; i < 10; i += 1) {
    if ((await keys.stop()).id === item) return keys.press('Enter')
    await keys.press('ArrowDown')
  }
  throw new Error(`the arrows do not lead to ${item}`)
}

async function changesTheRule(page, keys, { url, Ada }) {
  await signIn(page, keys, 'Ada')
  await keys.to(/^Permissions$/, { back: true })
  await keys.press('Enter')
  await page.waitForURL('**/permissions')
  await page.getByTestId('role-table').waitFor()
  await keys.kept('going to the permissions')
  await keys.to('approval-switch')
  await keys.press('Space')
  await reads(page.getByTestId('effect'), 'Guests print without approval')
  await keys.to('save')
  await keys.press('Enter')
  await reads(page.getByTestId('toast'), 'Saved the changes')
  check('approval is off', !(await call(Ada, url, 'GET', '/settings')).approval_on)
  await page.getByTestId('savebar').waitFor({ state: 'detached' })
  // What waits is offered to be let go; it stays held.
  await page.getByTestId('bulk-dialog').waitFor()
  await keys.to(/^Leave them held$/)
  await keys.press('Enter')
  await page.getByTestId('bulk-dialog').waitFor({ state: 'detached' })
  await keys.kept('saving')
  await keys.to('approval-switch', { back: true })
}

/** A printer, and back with Undo; then a person. Both are gone from the page with the button that the focus was on. */
async function takesAway(page, keys) {
  await keys.to(/^Printers$/, { back: true })
  await keys.press('Enter')
  await page.getByTestId('printer-card').waitFor()
  await keys.to(/^Bench 1$/)
  await keys.press('Enter')
  await page.getByTestId('remove-printer').waitFor()
  await keys.to('remove-printer')
  await keys.dialog('remove-printer-dialog', () => keys.press('Enter'))
  await keys.press('Enter')
  await reads(page.getByTestId('remove-printer-dialog'), '1 job that needs approval stays and needs another printer.')
  await keys.to('confirm-remove-printer')
  await keys.press('Enter')
  await reads(page.getByTestId('toast'), 'Bench 1')
  await page.waitForURL('**/printers')
  await keys.kept('removing a printer')
  await keys.press('z')
  await page.getByTestId('printer-card').waitFor()
  await keys.kept('undoing it')

  await keys.to(/^Organization$/, { back: true })
  await keys.press('Enter')
  await page.getByTestId('person').nth(2).waitFor()
  await choosesARole(page, keys)
  await keys.to(/^Remove Mia/)
  await keys.dialog('remove-person-dialog', () => keys.press('Enter'))
  await keys.press('Enter')
  await keys.to('confirm-remove-person')
  await keys.press('Enter')
  await reads(page.getByTestId('toast'), 'Removed Mia')
  await until('the row to go', async () => (await page.getByTestId('person').count()) === 2)
  await keys.kept('removing a person')
}

/** The arrows go through the roles without giving any; Enter gives the one that is shown, and what gives everything is asked first. */
async function choosesARole(page, keys) {
  const shown = () => page.evaluate(() => document.activeElement.value)
  const asked = page.getByTestId('other-role-dialog')
  await keys.to(/^Role of Mia/)
  await keys.press('ArrowDown', 'ArrowUp', 'ArrowUp')
  check('the arrows lead to Admin', (await shown()) === 'admin')
  await sleep(500)
  check('nothing is asked or done yet', (await asked.count()) === 0 && (await page.getByTestId('toast').filter({ hasText: 'is now' }).count()) === 0)
  await keys.press('Escape')
  check('Escape takes it back', (await shown()) === 'member')
  await keys.press('ArrowUp', 'Enter')
  await reads(asked, 'They can do everything')
  await keys.to(/^Keep as Member$/)
  await keys.press('Enter')
  await asked.waitFor({ state: 'detached' })
  await keys.kept('keeping the role')
  await until('the list to show what is true', () => page.getByLabel('Role of Mia').evaluate((one) => one.value === 'member'))
}

/** 1280 x 800 at 200 %: half the room, twice the points. Nothing may scroll sideways or cover what has the focus. */
async function zoomed(story, { url, Ada, printers }) {
  const id = (await call(Ada, url, 'GET', '/print-jobs?tab=needs_approval')).items[0].id
  const state = await Ada.context.storageState()
  const person = await story.person('Zoomed', { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2, storageState: state })
  const keys = await Keyboard.of(person)
  const { page } = person
  const paths = ['/jobs', `/jobs?job=${id}`, '/jobs?tab=history', '/jobs/new', `/jobs/${id}`, '/printers', `/printers/${printers[0]}`, '/organization', '/permissions', '/account', '/notices']
  for (const path of paths) {
    await story.soft(`${path} at 200 %`, async () => {
      await page.goto(url + path)
      await settled(page)
      const [over, who] = await page.evaluate(() => {
        const room = document.documentElement.clientWidth
        const out = [...document.querySelectorAll('main *')].find((element) => element.getBoundingClientRect().right > room + 1)
        return [document.documentElement.scrollWidth - room, out?.className ?? '']
      })
      check('nothing scrolls sideways', over <= 0, `${over} px (${who})`)
      story.note(`${path.replace(/[0-9a-f-]{36}/, 'ID')} at 200 %: ${await keys.around()} controls`)
      if (path !== '/permissions') return
      await keys.to('approval-switch')
      await keys.press('Space')
      await page.getByTestId('effect').waitFor()
      await keys.around()
    })
  }
}

/** No animation and no transition, in a list, in a dialog and in the toast. */
async function lessMotion(story, { url, Ada }) {
  const { page } = await story.person('Still', { storageState: await Ada.context.storageState() })
  const moving = () =>
    page.evaluate(() => {
      const long = (list) => Math.max(...list.split(',').map((one) => parseFloat(one) * (one.trim().endsWith('ms') ? 0.001 : 1)))
      const found = new Set()
      for (const element of document.querySelectorAll('*')) {
        for (const part of [null, '::before', '::after']) {
          const style = getComputedStyle(element, part)
          const animated = style.animationName !== 'none' && long(style.animationDuration) > 0.01
          if (animated || long(style.transitionDuration) > 0.01) found.add(`${element.tagName.toLowerCase()}.${element.className}${part ?? ''}`)
        }
      }
      return [...found]
    })
  for (const reducedMotion of ['no-preference', 'reduce']) {
    await page.emulateMedia({ reducedMotion })
    for (const path of ['/jobs', '/printers', '/permissions']) {
      await page.goto(url + path)
      await settled(page)
      if (path === '/jobs') {
        await page.keyboard.press('?')
        await page.getByTestId('keys-dialog').waitFor()
      }
      const found = await moving()
      if (reducedMotion === 'reduce') check(`nothing moves at ${path}`, found.length === 0, found.join(', '))
      else check(`this would see what moves at ${path}`, found.length > 0)
    }
  }
}

async function settled(page) {
  await page.locator('main h1').first().waitFor()
  await page.locator('.skel').first().waitFor({ state: 'detached', timeout: 20_000 })
  await sleep(150)
}
