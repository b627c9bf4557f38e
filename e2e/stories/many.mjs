// More printers than fit on a page: the board in parts and by words, and the choice of a printer by the server's search, with
// the keyboard; then more people than fit on a project's page. Accessibility and pictures on the way.
import { Keyboard } from '../lib/keyboard.mjs'
import { look } from '../lib/look.mjs'
import { call, email, organization, PASSWORD, printFile, sendByApi } from '../lib/people.mjs'
import { check, reads, until } from '../lib/story.mjs'

export const title = 'many printers: the board in parts and by words, a printer chosen by its name, by keyboard; a project that many see'

const rows = ['North', 'East', 'South', 'West']
const ROW = 32

export async function tell(story) {
  const printer = await story.printer(3)
  // Nothing answers there, and nothing has to.
  const silent = Array.from({ length: rows.length * ROW }, (_, n) => `127.0.0.9:${n + 1}`)
  const server = await story.server({ printers: [printer.host, ...silent] })
  const people = await organization(story, server, { Ada: 'admin', Mia: 'member', Gus: 'guest' }, [printer])
  const world = { story, server, url: server.url, ...people }
  const plain = { family: 'octoprint', api_key: 'no-key', share_with_organization: true }
  for (const [at, row] of rows.entries()) {
    for (let n = 1; n <= ROW; n += 1) {
      const address = silent[at * ROW + n - 1]
      await call(world.Ada, world.url, 'POST', '/printers', { ...plain, address, name: `${row} row ${String(n).padStart(2, '0')}` })
    }
  }
  await board(world)
  await sends(world)
  await filters(world)
  await moves(world)
  await prints(world)
  await groups(world)
  await viewers(world)
}

async function board({ story, url, Mia }) {
  const { page } = Mia
  const cards = page.getByTestId('printer-card')
  await page.goto(`${url}/printers`)
  await reads(page.locator('main'), `${rows.length * ROW + 1} printers.`)
  check('not all are drawn at once', (await cards.count()) === 60, await cards.count())
  await look(story, Mia, 'board')
  await page.getByTestId('more-printers').click()
  await until('the next ones', async () => (await cards.count()) === 120)
  await page.getByTestId('printer-search').fill('south ROW 1')
  await until('10 to 19', async () => (await cards.count()) === 10)
  check('only those', (await cards.allInnerTexts()).every((text) => /South row 1\d/.test(text)))
  await page.getByTestId('printer-search').fill('cellar')
  await reads(page.locator('main'), 'No printer matches')
  await look(story, Mia, 'board-none')
}

async function sends({ story, url, Gus }) {
  const { page } = Gus
  const keys = await Keyboard.of(Gus)
  await page.goto(`${url}/jobs/new`)
  const options = page.getByTestId('printer-option')
  await until('the first page of printers', async () => (await options.count()) === 30)
  await page.getByTestId('upload-input').setInputFiles(printFile('hook.gcode'))
  await page.getByTestId('ticket').first().waitFor()
  await keys.to('find-printer')
  await keys.type('west row 07')
  // At once: it waits for the answer, takes what was found, and sends nothing.
  await keys.press('Enter')
  await until('the one that was found', async () => (await options.count()) === 1)
  await until('it to be chosen', () => options.first().isChecked())
  check('Enter in the field sends nothing', new URL(page.url()).pathname === '/jobs/new')
  await look(story, Gus, 'found')
  await keys.press('Escape')
  await until('all of them, and the chosen one', async () => (await options.count()) === 31)
  check('the chosen one stays in sight', await options.first().isChecked())
  await reads(page.locator('.pick1').first(), 'West row 07')
  await keys.type('cellar')
  await reads(page.getByTestId('no-printer'), 'No printer matches')
  check('the chosen one stays, whatever is searched for', await options.first().isChecked())
  await look(story, Gus, 'none')
  await keys.press('Escape')
  await keys.to('send')
  await keys.press('Enter')
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/)
  await reads(page.getByTestId('job-page'), 'West row 07')
}

/** The list of print jobs does not ask for a thousand printers to filter by one. */
async function filters({ story, url, Mia }) {
  const { page } = Mia
  const keys = await Keyboard.of(Mia)
  const asked = []
  // Not what the board asks that is being left: its printers are stored again every half minute.
  const hear = (request) =>
    /\/api\/v1\/printers(\?|$)/.test(request.url()) && new URL(request.frame().url()).pathname === '/jobs' && asked.push(request.url())
  page.on('request', hear)
  await page.goto(`${url}/jobs`)
  await reads(page.getByTestId('review'), 'West row 07')
  const filter = page.getByTestId('filter-printer')
  await reads(filter, 'All printers')
  check('no list of printers was asked for', asked.length === 0, asked)
  await filter.click()
  const options = page.getByTestId('printer-option')
  await until('the first page of printers', async () => (await options.count()) === 30)
  // That page may be asked for once more, when one of its printers is stored again.
  check('one page of them', asked.length > 0 && asked.every((one) => !one.includes('cursor=')), asked)
  page.off('request', hear)
  await look(story, Mia, 'filter', { menu: true })
  await page.getByTestId('find-printer').fill('east row 01')
  await keys.press('Enter')
  await options.first().waitFor({ state: 'detached' })
  await reads(filter, 'East row 01')
  await reads(page.locator('main'), 'No job matches')
  await filter.click()
  await page.getByTestId('find-printer').fill('west row 07')
  await page.locator('label', { hasText: 'West row 07' }).click()
  await options.first().waitFor({ state: 'detached' })
  await reads(page.getByTestId('job-row'), 'West row 07')
  await look(story, Mia, 'filtered')
  await filter.click()
  await page.getByTestId('filter-all').click()
  await reads(filter, 'All printers')
}

async function moves({ story, url, Mia, Gus, printers }) {
  const { page } = Mia
  const keys = await Keyboard.of(Mia)
  const sent = await sendByApi(Gus, url, 'Bracket', printers[0])
  await page.goto(`${url}/jobs/${sent.id}`)
  await page.getByTestId('menu').click()
  await page.getByTestId('menu-reroute').click()
  const dialog = page.getByTestId('reroute-dialog')
  const options = dialog.getByTestId('printer-option')
  await until('the first page of printers', async () => (await options.count()) >= 29)
  check('the one that it has is not offered', (await dialog.locator('label', { hasText: 'Bench 1' }).count()) === 0)
  check('the button is in sight', await inSight(dialog.getByRole('button', { name: 'Move job' })))
  await look(story, Mia, 'move')
  await keys.to('find-printer')
  await keys.type('south row 3')
  await until('those that were found', async () => (await options.count()) === 3)
  await keys.press('ArrowDown')
  await keys.stop()
  await keys.press('ArrowDown')
  await keys.stop()
  check('the arrows choose', await options.nth(1).isChecked())
  await keys.press('ArrowUp', 'ArrowUp')
  check('Up from the first leads to the field', (await keys.stop()).id === 'find-printer')
  check('the field keeps what was chosen', await options.first().isChecked())
  await keys.press('Escape')
  check('Escape empties the field', (await dialog.getByTestId('find-printer').inputValue()) === '')
  check('and does not close the dialog', await dialog.isVisible())
  await keys.type('north row 20')
  await keys.press('Enter')
  await until('it to be chosen', async () => (await options.count()) === 1 && (await options.first().isChecked()))
  await keys.to(/^Move job$/)
  await keys.press('Enter')
  await reads(page.getByTestId('toast'), 'Moved Bracket to North row 20')
  await page.getByTestId('menu').click()
  await page.getByTestId('menu-reroute').click()
  await dialog.waitFor()
  await keys.press('Escape')
  await dialog.waitFor({ state: 'detached' })
}

async function prints({ url, Mia }) {
  const { page } = Mia
  const project = await call(Mia, url, 'POST', '/projects', { name: 'Hooks' })
  const file = printFile('hook.gcode')
  const upload = await call(Mia, url, 'POST', '/uploads', { name: file.name, size: file.buffer.length, project: project.id })
  await call(Mia, url, 'PUT', `/uploads/${upload.id}?offset=0`, file.buffer)
  await call(Mia, url, 'POST', `/projects/${project.id}/files`, { upload: upload.id })
  await page.goto(`${url}/library/${project.id}`)
  await page.getByTestId('print').click()
  const dialog = page.getByTestId('print-file-dialog')
  await dialog.getByTestId('printer-option').first().waitFor()
  for (const size of [{ width: 1280, height: 860 }, { width: 390, height: 844 }]) {
    await page.setViewportSize(size)
    check(`the button is in sight at ${size.width} px`, await inSight(page.getByTestId('confirm-print-file')))
  }
  await page.setViewportSize({ width: 1280, height: 860 })
  await dialog.getByTestId('find-printer').fill('east row 32')
  await until('the one that was found', async () => (await dialog.getByTestId('printer-option').count()) === 1)
  await dialog.getByTestId('printer-option').check()
  await page.getByTestId('confirm-print-file').click()
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/)
  await reads(page.getByTestId('job-page'), 'East row 32')
}

async function groups({ story, url, Mia }) {
  const { page } = Mia
  await page.goto(`${url}/printers`)
  await page.getByTestId('new-group').click()
  const dialog = page.getByTestId('group-dialog')
  const boxes = dialog.getByTestId('group-printer')
  await page.getByTestId('group-name').fill('Corners')
  for (const name of ['west row 32', 'east row 01']) {
    await dialog.getByTestId('find-printer').fill(name)
    await dialog.locator('label', { hasText: new RegExp(name, 'i') }).getByTestId('group-printer').check()
  }
  await until('both to be in sight', async () => (await boxes.count()) === 2)
  for (const box of await boxes.all()) check('both stay ticked', await box.isChecked())
  await look(story, Mia, 'group')
  await page.getByTestId('save-group').click()
  await reads(page.getByTestId('group-card'), 'Corners')
  await reads(page.getByTestId('group-card'), 'West row 32')
  await reads(page.getByTestId('group-card'), 'East row 01')
}

/** A project that everybody sees, in an organization of more people than a page has. */
async function viewers({ story, url, Ada, Mia }) {
  const { link } = await call(Ada, url, 'PUT', '/join-link', { days: 1, most: 100 })
  const token = link.link.split('/').at(-1)
  for (let n = 1; n <= 52; n += 1) {
    const one = { context: await story.browser.newContext() }
    const name = `Student ${String(n).padStart(2, '0')}`
    await call(one, url, 'POST', '/accounts', { name, email: email(name), password: PASSWORD })
    await call(one, url, 'POST', `/invitations/${token}/accept`, {})
    await one.context.close()
  }
  const project = await call(Mia, url, 'POST', '/projects', { name: 'For the whole year' })
  const { shown } = await call(Mia, url, 'GET', `/projects/${project.id}/shares`)
  await call(Mia, url, 'PUT', `/projects/${project.id}/shares`, { organization: true, teams: [], shown })
  const { page } = Mia
  const rowsOfPeople = page.getByTestId('viewer')
  await page.goto(`${url}/library/${project.id}?tab=people`)
  await until('a page of people', async () => (await rowsOfPeople.count()) === 30)
  await reads(page.getByTestId('shared-with'), 'More than 30 people see it')
  await look(story, Mia, 'people')
  await page.getByTestId('more-viewers').click()
  await until('everybody', async () => (await rowsOfPeople.count()) === 55)
  await reads(page.getByTestId('shared-with'), '55 people see it')
  await page.getByTestId('find-viewer').fill('student 5')
  await until('those that were found', async () => (await rowsOfPeople.count()) === 3)
  await page.getByTestId('find-viewer').fill('nobody of this name')
  await reads(page.locator('main'), 'No person matches')
}

const inSight = (locator) =>
  locator.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect()
    return top >= 0 && bottom <= innerHeight
  })
