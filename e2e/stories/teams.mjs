// Teams: a Member makes one and shares a printer with it, a Guest's open page follows, unshared it disappears, and the Trash
// brings the team back. Accessibility and pictures of the pages on the way.
import { look } from '../lib/look.mjs'
import { call, mark, notReloaded, organization } from '../lib/people.mjs'
import { check, reads, until } from '../lib/story.mjs'

export const title = 'a team: made, filled, a printer shared with it and taken away live; Trash and back'

export async function tell(story) {
  const printer = await story.printer(3)
  const server = await story.server({ printers: [printer.host] })
  const people = await organization(story, server, { Ada: 'admin', Mia: 'member', Gus: 'guest' }, [printer])
  const world = { story, server, url: server.url, ...people }
  const { items } = await call(world.Ada, world.url, 'GET', '/printers')
  world.printer = items[0]
  const shares = await call(world.Ada, world.url, 'GET', `/printers/${world.printer.id}/shares`)
  await call(world.Ada, world.url, 'PUT', `/printers/${world.printer.id}/shares`, { organization: false, teams: [], shown: shares.shown })
  await makesATeam(world)
  await sharesThePrinter(world)
  await takesItAway(world)
  await trashAndBack(world)
}

async function makesATeam(world) {
  const { url, Mia, Gus } = world
  const { page } = Mia
  await page.goto(`${url}/jobs`)
  await page.getByRole('link', { name: 'Teams' }).first().click()
  await page.waitForURL('**/teams')
  await reads(page.locator('main'), 'No teams yet')
  await look(world.story, Mia, 'empty')
  await page.getByTestId('new-team').click()
  await page.getByTestId('save-team').click()
  await reads(page.getByTestId('team-dialog'), 'Give the team a name')
  await page.getByTestId('team-name').fill('Mechatronics 2B')
  await page.getByTestId('save-team').click()
  await page.waitForURL(/\/teams\/[0-9a-f-]{36}$/)
  world.team = page.url().split('/').at(-1)
  await reads(page.getByTestId('team-page'), 'Nobody is in this team yet')
  // A Guest makes no team, and sees only their own.
  await Gus.page.goto(`${url}/teams`)
  await reads(Gus.page.locator('main'), 'You are in no team')
  check('a Guest is offered no team to create', (await Gus.page.getByTestId('new-team').count()) === 0)
  await mark(Gus)
  await page.getByTestId('add-people').click()
  await page.getByTestId('find-person').fill('gus')
  await until('one candidate', async () => (await page.getByTestId('candidate').count()) === 1)
  await page.getByRole('button', { name: 'Add: Gus' }).click()
  await reads(page.getByTestId('candidate'), 'In the team')
  await reads(page.getByTestId('add-gain'), 'Nothing is shared with the team yet')
  await look(world.story, Mia, 'add')
  // The opposite click stands where the first one was.
  await page.getByTestId('undo-add').click()
  await until('Gus to be out again', async () => (await page.getByTestId('candidate').innerText()).includes('Add'))
  // Without the mouse: Enter adds the one who is found, and the next name can be typed.
  await page.getByTestId('find-person').press('Enter')
  await reads(page.getByTestId('candidate'), 'In the team')
  check('the field has the focus still', await page.getByTestId('find-person').evaluate((one) => document.activeElement === one))
  await page.getByTestId('added-people').click()
  await reads(page.getByTestId('team-person'), 'Gus')
  await reads(Gus.page.getByTestId('team'), 'Mechatronics 2B')
  await notReloaded(Gus)
  // The same name again is refused in words.
  await page.goto(`${url}/teams`)
  await page.getByTestId('new-team').click()
  await page.getByTestId('team-name').fill('mechatronics 2b')
  await page.getByTestId('save-team').click()
  await reads(page.getByTestId('team-dialog'), 'There is a team Mechatronics 2B already')
  await page.keyboard.press('Escape')
  await look(world.story, Mia, 'list')
}

async function sharesThePrinter(world) {
  const { url, Ada, Mia, Gus, printer, team } = world
  await Gus.page.goto(`${url}/printers`)
  await reads(Gus.page.locator('main'), 'No printers yet')
  await mark(Gus)
  // Mia sees the printer by a team of hers, too; so she may share it.
  const staff = await call(Ada, url, 'POST', '/teams', { name: 'Staff' })
  const me = await call(Mia, url, 'GET', '/session')
  await call(Ada, url, 'PUT', `/teams/${staff.id}/people/${me.account.id}`)
  const shares = await call(Ada, url, 'GET', `/printers/${printer.id}/shares`)
  await call(Ada, url, 'PUT', `/printers/${printer.id}/shares`, { organization: false, teams: [staff.id], shown: shares.shown })
  const { page } = Mia
  await page.goto(`${url}/printers/${printer.id}`)
  await reads(page.getByTestId('shared-with'), 'Staff')
  await page.getByTestId('share').click()
  await page.getByTestId('share-dialog').locator('label', { hasText: 'Mechatronics 2B' }).click()
  await reads(page.getByTestId('share-effect'), 'Will see it: Gus')
  await look(world.story, Mia, 'share')
  await page.getByTestId('save-shares').click()
  await reads(page.getByTestId('shared-with'), 'Mechatronics 2B, Staff')
  await reads(Gus.page.locator('main'), printer.name)
  await notReloaded(Gus)
  await page.goto(`${url}/teams/${team}`)
  await reads(page.getByTestId('team-printers'), printer.name)
  await reads(page.getByTestId('team-projects'), 'No project that you see')
  for (let n = 1; n <= 8; n += 1) {
    const { id } = await call(Mia, url, 'POST', '/projects', { name: `Conveyor ${n}` })
    const { shown } = await call(Mia, url, 'GET', `/projects/${id}/shares`)
    await call(Mia, url, 'PUT', `/projects/${id}/shares`, { organization: false, teams: [team], shown })
  }
  const projects = page.getByTestId('team-projects').getByRole('link')
  await until('the newest projects', async () => (await projects.count()) === 6 && (await projects.first().innerText()) === 'Conveyor 8')
  await look(world.story, Mia, 'team')
  await page.getByTestId('all-projects').click()
  await until('all of them', async () => (await projects.count()) === 8)
  await projects.last().click()
  await reads(page.locator('main'), 'Conveyor 1')
}

async function takesItAway(world) {
  const { url, Mia, Gus, printer } = world
  const { page } = Mia
  await page.goto(`${url}/printers/${printer.id}`)
  await page.getByTestId('share').click()
  await page.getByTestId('share-dialog').locator('label', { hasText: 'Mechatronics 2B' }).click()
  await reads(page.getByTestId('share-effect'), 'Will not see it any more: Gus')
  // Without her own team, too, she would lose it herself: it says so before.
  await page.getByTestId('share-dialog').locator('label', { hasText: 'Staff' }).click()
  await reads(page.getByTestId('share-effect'), 'You will not see it any more yourself')
  await look(world.story, Mia, 'unshare')
  await page.getByTestId('share-dialog').locator('label', { hasText: 'Staff' }).click()
  await reads(page.getByTestId('share-effect'), 'Will not see it any more: Gus')
  await page.getByTestId('save-shares').click()
  await reads(Gus.page.locator('main'), 'No printers yet')
  await notReloaded(Gus)
  // Undo gives it back, live again.
  await page.getByTestId('toast').getByRole('button', { name: /Undo/ }).click()
  await reads(Gus.page.locator('main'), printer.name)
  await reads(page.getByTestId('shared-with'), 'Mechatronics 2B, Staff')
  await notReloaded(Gus)
}

async function trashAndBack(world) {
  const { url, Mia, Gus, printer, team } = world
  const { page } = Mia
  await page.goto(`${url}/teams/${team}`)
  await page.getByTestId('remove-team').click()
  await reads(page.getByTestId('remove-team-dialog'), '1 person loses sight of printers: Gus')
  await reads(page.getByTestId('remove-team-dialog'), '2 people lose sight of library projects: Ada, Gus')
  await reads(page.getByTestId('remove-team-dialog'), '8 projects are shared with it.')
  await look(world.story, Mia, 'remove')
  await page.getByTestId('confirm-remove-team').click()
  await page.waitForURL('**/teams')
  await reads(Gus.page.locator('main'), 'No printers yet')
  await notReloaded(Gus)
  await page.getByRole('link', { name: 'Trash' }).first().click()
  await page.waitForURL('**/trash')
  await reads(page.getByTestId('trash-item'), 'Mechatronics 2B')
  await reads(page.getByTestId('trash-item'), 'Removed by Mia')
  await look(world.story, Mia, 'trash')
  await page.getByTestId('restore').click()
  await reads(page.locator('main'), 'The Trash is empty')
  await reads(Gus.page.locator('main'), printer.name)
  await notReloaded(Gus)
  await page.goto(`${url}/teams/${team}`)
  await reads(page.getByTestId('team-person'), 'Gus')
  await takesSomebodyOut(world)
}

/** What it means is said before; the Guest's page follows, and Undo puts them back. */
async function takesSomebodyOut({ story, url, Mia, Gus, printer, team }) {
  const { page } = Mia
  await page.goto(`${url}/teams/${team}`)
  await page.getByTestId('add-people').click()
  await reads(page.getByTestId('add-gain'), /what is shared with the team: 1 printer and 8 projects\./)
  await page.getByTestId('added-people').click()
  await page.getByTestId('take-out').first().click()
  const dialog = page.getByTestId('take-out-dialog')
  await reads(dialog, 'Gus loses sight of printers that are shared with them in no other way.')
  await reads(dialog, 'Gus loses sight of library projects that are shared with them in no other way.')
  await look(story, Mia, 'take-out')
  await page.keyboard.press('Escape')
  check('nothing has happened yet', (await Gus.page.locator('main').innerText()).includes(printer.name))
  await page.getByTestId('take-out').first().click()
  await page.getByTestId('confirm-take-out').click()
  await reads(page.getByTestId('team-page'), 'Nobody is in this team yet')
  await reads(Gus.page.locator('main'), 'No printers yet')
  await page.getByTestId('toast-undo').click()
  await reads(page.getByTestId('team-person'), 'Gus')
  await reads(Gus.page.locator('main'), printer.name)
  await notReloaded(Gus)
}
