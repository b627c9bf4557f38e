// Printer groups: a Member makes one, a Guest sends to it, the approved print goes to a free printer of it; changed and removed;
// then all of it with the keyboard alone.
// Accessibility and pictures of the pages on the way.
import { Keyboard } from '../lib/keyboard.mjs'
import { look } from '../lib/look.mjs'
import { call, mark, notReloaded, organization, printFile } from '../lib/people.mjs'
import { check, reads, until } from '../lib/story.mjs'

export const title = 'a printer group: made, sent to, printed by a free printer of it, changed, removed; the same by keyboard'

export async function tell(story) {
  const printers = [await story.printer(3), await story.printer(3)]
  const server = await story.server({ printers: printers.map((printer) => printer.host) })
  const people = await organization(story, server, { Ada: 'admin', Mia: 'member', Gus: 'guest' }, printers)
  const world = { story, server, url: server.url, ...people }
  await makesAGroup(world)
  await sendsToIt(world)
  await changesAndRemovesIt(world)
  await byKeyboard(world)
  await saysHowReliable(world)
}

async function makesAGroup({ story, url, Mia, Gus }) {
  const { page } = Mia
  await page.goto(`${url}/printers`)
  await page.getByTestId('new-group').click()
  await page.getByTestId('save-group').click()
  await reads(page.getByTestId('group-dialog'), 'Give the group a name')
  await page.getByTestId('group-name').fill('Row by the window')
  await until('both printers', async () => (await page.getByTestId('group-printer').count()) === 2)
  for (const box of await page.getByTestId('group-printer').all()) await box.check()
  await look(story, Mia, 'dialog')
  await page.getByTestId('save-group').click()
  await reads(page.getByTestId('group-card'), 'Row by the window')
  await look(story, Mia, 'board')
  await Gus.page.goto(`${url}/printers`)
  await reads(Gus.page.getByTestId('group-card'), 'Row by the window')
  check('a Guest makes and changes no group', (await Gus.page.locator('[data-testid=new-group], [data-testid=edit-group]').count()) === 0)
}

async function sendsToIt({ story, url, Mia, Gus }) {
  const { page } = Gus
  await page.goto(`${url}/jobs/new`)
  await page.locator('label', { hasText: 'Row by the window' }).click()
  await look(story, Gus, 'choose')
  await page.getByTestId('upload-input').setInputFiles(printFile('bracket.gcode'))
  await page.getByTestId('send').click()
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/)
  const id = page.url().split('/').at(-1)
  await Mia.page.goto(`${url}/jobs`)
  await reads(Mia.page.getByTestId('job-row'), 'Row by the window')
  await look(story, Mia, 'waits')
  const job = await call(Mia, url, 'GET', `/print-jobs/${id}`)
  await call(Mia, url, 'POST', `/print-jobs/${id}/approve`, { version: job.version, send_sha: job.send_sha, printer: job.printer.id })
  await until('the print is over', async () => (await call(Gus, url, 'GET', `/print-jobs/${id}`)).status === 'finished', 60)
}

async function changesAndRemovesIt({ url, Mia, Gus }) {
  const { page } = Mia
  await Gus.page.goto(`${url}/printers`)
  await reads(Gus.page.getByTestId('group-card'), 'Row by the window')
  await mark(Gus)
  await page.goto(`${url}/printers`)
  await page.getByTestId('edit-group').click()
  await page.getByTestId('group-name').fill('Window row')
  await page.getByTestId('save-group').click()
  await reads(page.getByTestId('group-card'), 'Window row')
  await reads(Gus.page.getByTestId('group-card'), 'Window row')
  // A notice leads to this very group.
  const id = await page.getByTestId('group-card').getAttribute('data-group')
  await page.goto(`${url}/printers?group=${id}`)
  await until('the focus to be on it', () => page.evaluate((wanted) => document.activeElement?.dataset.group === wanted, id))
  await page.getByTestId('edit-group').click()
  await page.getByTestId('remove-group').click()
  await page.getByTestId('confirm-remove-group').click()
  for (const who of [page, Gus.page]) await until('no group', async () => (await who.getByTestId('group-card').count()) === 0)
  await reads(page.getByTestId('group-missing'), 'not there any more')
  await notReloaded(Gus)
}

/** Made, renamed, given another printer and removed, without a mouse. */
async function byKeyboard({ story, url, Mia }) {
  const person = await story.person('Keys', { storageState: await Mia.context.storageState() })
  const { page } = person
  const keys = await Keyboard.of(person)
  const card = page.getByTestId('group-card')
  await page.goto(`${url}/printers`)
  await page.getByTestId('new-group').waitFor()
  await keys.to('new-group')
  await keys.dialog('group-dialog', () => keys.press('Enter'))

  await keys.press('Enter')
  await page.getByTestId('group-printer').nth(1).waitFor()
  check('a new group begins at its name', (await keys.stop()).id === 'group-name')
  await keys.type('Back row')
  await keys.to('group-printer')
  await keys.press('Space')
  await keys.to('save-group')
  await keys.press('Enter')
  await reads(card, 'Back row')
  await reads(card, '1 printer')
  await keys.kept('making a group')
  await look(story, person, 'keys-made')

  await keys.to('edit-group')
  await keys.dialog('group-dialog', () => keys.press('Enter'))
  await keys.press('Enter')
  await page.getByTestId('group-printer').nth(1).waitFor()
  await keys.press('Control+a')
  await keys.type('Front row')
  await keys.to('group-printer')
  check('the printer of the group is ticked', await page.getByTestId('group-printer').first().isChecked())
  await keys.to('group-printer')
  await keys.press('Space')
  await look(story, person, 'keys-change')
  await keys.to('save-group')
  await keys.press('Enter')
  await reads(card, 'Front row')
  await reads(card, '2 printers')
  await keys.kept('changing a group')

  await keys.to('edit-group')
  await keys.press('Enter')
  await keys.to('remove-group')
  await keys.press('Enter')
  await page.getByTestId('confirm-remove-group').waitFor()
  await keys.stop()
  await look(story, person, 'keys-remove')
  await keys.to('confirm-remove-group')
  await keys.press('Enter')
  await until('no group', async () => (await card.count()) === 0)
  await keys.kept('removing a group')
  story.note(`${keys.stops} stops of the focus`)
}

/** A printer says, for its class, what a broken connection would mean; in words, to everybody who sees it. */
async function saysHowReliable({ url, Mia, Gus, printers }) {
  const { class: printerClass } = await call(Mia, url, 'GET', `/printers/${printers[0]}`)
  check('the printer of the story is of a class that the words are of', printerClass === 'B', printerClass)
  for (const { page } of [Mia, Gus]) {
    await page.goto(`${url}/printers/${printers[0]}`)
    await reads(page.getByTestId('class'), 'Class B: if the connection breaks in the middle of a start, we may have to ask you whether it printed.')
  }
}
