// What people really do: wrong files, endless names, lines that break, roles that change while a dialog is open.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sideways } from '../lib/look.mjs'
import { accept, call, email, jobBecomes, organization, PASSWORD, printFile, row, sendByApi, status } from '../lib/people.mjs'
import { temporaryFolder } from '../lib/processes.mjs'
import { check, reads, sleep, until } from '../lib/story.mjs'
import { team } from '../lib/teams.mjs'

export const title = 'wrong files, endless names, hostile names, a broken line, a demoted approver'

const LIMIT_MB = 15

export async function tell(story) {
  const printer = await story.printer(3)
  const server = await story.server({ printers: [printer.host], settings: { upload_max_mb: LIMIT_MB } })
  const people = await organization(story, server, { Ada: 'admin', Mia: 'member', Gus: 'guest' }, [printer])
  const world = { story, server, url: server.url, ...people }
  await refusesFiles(world)
  await refusesNames(world)
  await showsHostileNames(world)
  await goesOnAfterABrokenLine(world)
  await refusesTheDemoted(world)
  await refusesStrangers(world)
  await keepsTheWidth(world)
}

/** From the disk, as the browser does it: a large file would take long to travel there. */
async function choose({ page }, { name, buffer }) {
  const path = join(temporaryFolder('file'), name)
  writeFileSync(path, buffer)
  await page.getByTestId('upload-input').setInputFiles(path)
}

async function refusesFiles({ story, url, Gus }) {
  const { page } = Gus
  await page.goto(`${url}/jobs/new`)
  await page.getByTestId('printer-option').first().waitFor()
  const big = { name: 'big.gcode', buffer: Buffer.alloc((LIMIT_MB + 1) * 1_000_000, ';') }
  const wrong = [
    ['wrong kind', { name: 'part.stl', buffer: Buffer.from('solid part') }, /part\.stl is not a print file/],
    ['empty', { name: 'empty.gcode', buffer: Buffer.alloc(0) }, /empty\.gcode is empty/],
    ['too large', big, /The file has 16\sMB, the limit here is 15\sMB/],
    ['a picture', { name: 'photo.gcode', buffer: Buffer.from('\x89PNG\r\n\x1a\n'.repeat(200), 'latin1') }, /\w/],
    ['no commands', { name: 'poem.gcode', buffer: Buffer.from('Roses are red.\n'.repeat(50)) }, /\w/],
  ]
  for (const [what, file, says] of wrong) {
    await story.soft(`${what} is refused in words`, async () => {
      await choose(Gus, file)
      const text = await reads(page.getByTestId('upload-error'), says, 20)
      story.note(`${what}: ${text.replace(/\s+/g, ' ')}`)
      await page.getByTestId('send').click()
      check('nothing was sent', new URL(page.url()).pathname === '/jobs/new')
    })
    await page.goto(`${url}/jobs/new`)
  }
  check('no job exists', (await call(Gus, url, 'GET', '/print-jobs/counts')).needs_approval === 0)
}

/** Types more than the field takes, as a pasted text or a browser extension would. */
const force = (field, text) =>
  field.evaluate((input, value) => {
    input.removeAttribute('maxlength')
    input.value = value
    input.dispatchEvent(new Event('input', { bubbles: true }))
  }, text)

async function refusesNames({ story, url, Gus }) {
  const { page } = Gus
  const long = 'n'.repeat(5000)
  await page.goto(`${url}/jobs/new`)
  await page.getByTestId('printer-option').first().check()
  await page.getByTestId('upload-input').setInputFiles(printFile(`${long}.gcode`))
  await story.soft('a file name of 5,000 characters is taken or refused in words', async () => {
    const text = await until('an answer', async () => {
      if (await page.getByTestId('ticket').isVisible()) return 'taken'
      return (await page.getByTestId('upload-error').isVisible()) && page.getByTestId('upload-error').innerText()
    })
    story.note(`file name of 5,000 characters: ${text.replace(/n{40,}/, 'nnn...').slice(0, 200)}`)
  })
  await page.goto(`${url}/jobs/new`)
  await page.getByTestId('printer-option').first().check()
  await choose(Gus, printFile('fine.gcode'))
  await page.getByTestId('ticket').waitFor()
  await force(page.getByTestId('job-name'), long)
  await page.getByTestId('send').click()
  const field = page.locator('.field', { has: page.getByTestId('job-name') })
  await story.soft('a name of 5,000 characters is refused at its field', async () => {
    const text = await reads(field, /120|long|characters/i, 20)
    story.note(`name of 5,000 characters: ${text.replace(/\s+/g, ' ')}`)
    check('the field is marked', (await page.getByTestId('job-name').getAttribute('aria-invalid')) === 'true')
  })
  // Then a good name goes through with the same file.
  await page.getByTestId('job-name').fill('A short name')
  await page.getByTestId('send').click()
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/)
  await reads(status(Gus), 'Needs approval')
}

async function showsHostileNames({ story, url, Mia, Gus, printers }) {
  const names = ['<img src=x onerror=alert(1)>', '{{7*7}} \u{1f41e} ${x}', 'W'.repeat(120), '\u05d0\u05d1\u05d2 \u0001rtl'.replace('\u0001', '')]
  for (const name of names) await sendByApi(Gus, url, name, printers[0], printFile('x.gcode'))
  await Mia.page.goto(`${url}/jobs`)
  for (const name of names) await row(Mia, name).first().waitFor()
  check('no markup came to life', (await Mia.page.locator('img[src=x]').count()) === 0)
  const wide = await Mia.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  check('a name of 120 characters does not widen the page', wide <= 0, `${wide} px`)
  story.note(`hostile names are shown as text: ${names.length}`)
}

async function goesOnAfterABrokenLine({ story, server, url, Gus }) {
  const { page } = Gus
  const line = await Gus.context.newCDPSession(page)
  const speed = (bytes) =>
    line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytes })
  await line.send('Network.enable')
  await page.goto(`${url}/jobs/new`)
  await page.getByTestId('printer-option').first().check()
  await speed(1_000_000)
  await choose(Gus, printFile('long.gcode', 14_000))
  const progress = page.getByTestId('upload-progress')
  await reads(progress, /^[5-9](\.\d)?\sMB of 1\d/, 60)
  await server.stop('SIGKILL')
  const waiting = await reads(progress, 'No connection, it goes on by itself', 30)
  story.note(`killed at: ${waiting}`)
  await sleep(1500)
  await server.start()
  await speed(-1)
  await page.getByTestId('ticket').waitFor({ timeout: 60_000 })
  const sent = await progress.innerText()
  check('all of it arrived', /^1\d\.?\d*\sMB$/.test(sent), sent)
  await page.getByTestId('send').click()
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/)
  await reads(status(Gus), 'Needs approval')
  await until('live news again', async () => /^(?!.*stale)/.test((await page.getByTestId('job-page').getAttribute('class')) ?? ''))
}

async function refusesTheDemoted({ story, url, Ada, Mia, Gus, printers }) {
  const { id } = await sendByApi(Gus, url, 'Cup', printers[0])
  await Mia.page.goto(`${url}/jobs`)
  await row(Mia, 'Cup').getByTestId('menu').click()
  await Mia.page.getByTestId('menu-reject').click()
  const dialog = Mia.page.getByTestId('reject-dialog')
  await dialog.getByRole('textbox').fill('No.')
  const { items } = await call(Ada, url, 'GET', '/people')
  await call(Ada, url, 'PATCH', `/people/${items.find((person) => person.name === 'Mia').id}`, { role: 'guest' })
  await sleep(700) // the news of it arrives while the dialog is open
  await story.soft('a demoted approver is refused in words', async () => {
    await dialog.getByTestId('confirm-reject').click({ timeout: 20_000 })
    const text = await until('the refusal', async () => {
      if (await dialog.isVisible()) return dialog.getByRole('alert').innerText({ timeout: 500 })
      return Mia.page.getByRole('alert').first().innerText({ timeout: 500 })
    }, 20)
    story.note(`demoted: ${text}`)
    check('it says why', /your role|what is shared with you/.test(text), text)
  })
  await jobBecomes(Gus, url, id, 'needs_approval')
}

async function refusesStrangers({ story, url, Ada }) {
  const { link } = await call(Ada, url, 'POST', '/invitations', { role: 'guest' })
  const first = await story.person('First')
  await accept(first, link, 'First Comer')
  const second = await story.person('Second')
  await second.page.goto(link)
  await reads(second.page.locator('main'), /does not exist|is over/)
  story.note(`used invitation: ${(await second.page.locator('main').innerText()).replace(/\s+/g, ' ')}`)
  await second.page.goto(`${url}/sign-in`)
  await second.page.getByTestId('account-email').fill(email('Ada'))
  await second.page.getByTestId('account-password').fill(`${PASSWORD}!`)
  await second.page.getByTestId('account-go').click()
  story.note(`wrong password: ${await reads(second.page.getByRole('alert'), /\w/)}`)
}

/** Names as long as they may be and without a space to break at: of a person, a printer, a team, a project, a file and a job. */
async function keepsTheWidth({ story, server, url, Ada, printers }) {
  const long = (letter) => letter + 'w'.repeat(118) + letter
  const [printer] = printers
  await call(Ada, url, 'PATCH', `/printers/${printer}`, { name: long('P') })
  const guest = await story.person('Long')
  const { link } = await call(Ada, url, 'POST', '/invitations', { role: 'guest' })
  await call(guest, url, 'POST', '/accounts', { name: long('G'), email: email('Long'), password: PASSWORD })
  await call(guest, url, 'POST', `/invitations/${link.split('/').at(-1)}/accept`, {})
  const open = await sendByApi(guest, url, long('O'), printer)
  // Without a team, nobody could look at what is printed from the project, and with one it can be shared in one click.
  const inTeam = await team(server, Ada, long('T'), [guest])
  const project = await call(guest, url, 'POST', '/projects', { name: long('L') })
  const file = printFile(`${long('F').slice(0, 110)}.gcode`)
  const upload = await call(guest, url, 'POST', '/uploads', { name: file.name, size: file.buffer.length, project: project.id })
  await call(guest, url, 'PUT', `/uploads/${upload.id}?offset=0`, file.buffer)
  const { id } = await call(guest, url, 'POST', `/projects/${project.id}/files`, { upload: upload.id })
  const stuck = await call(guest, url, 'POST', `/projects/${project.id}/files/${id}/print`, { printer })
  const { id: last } = await sendByApi(guest, url, long('R'), printer)
  await call(Ada, url, 'POST', `/print-jobs/${last}/reject`, { reason: long('N') })
  const looks = [
    [guest, '/jobs', 'job-row'],
    [guest, `/jobs/${open.id}`, 'approvers'],
    [guest, `/jobs/${stuck.id}`, 'share-fix'],
    [guest, '/jobs/new', 'printer-option'],
    [guest, `/library/${project.id}`, 'project-page'],
    [guest, '/library', 'project'],
    [Ada, '/jobs', 'job-row'],
    [Ada, `/jobs?job=${open.id}`, 'review'],
    [Ada, `/jobs/${open.id}`, 'timeline'],
    [Ada, `/jobs/${stuck.id}`, 'locked'],
    [Ada, '/printers', 'printer-card'],
    [Ada, `/printers/${printer}`, 'printer-page'],
    [Ada, `/teams/${inTeam}`, 'team-page'],
    [Ada, '/teams', 'team'],
    [Ada, '/organization', 'person'],
    [guest, '/notices', 'notice'],
  ]
  for (const [{ page }, path, testid] of looks) {
    await story.soft(`long names at ${path.replace(/[0-9a-f-]{36}/, 'ID')}`, async () => {
      await page.goto(url + path)
      await page.getByTestId(testid).first().waitFor()
      await page.locator('.skel').first().waitFor({ state: 'detached' })
      await sleep(200)
      const found = await sideways(page)
      check('nothing scrolls sideways', found.length === 0, found.join('; '))
    })
  }
  await Ada.page.goto(`${url}/printers`)
  const card = Ada.page.getByTestId('printer-card').first()
  const [inner, outer] = await Promise.all([card.getByTestId('status').boundingBox(), card.boundingBox()])
  check('the status of a printer stays in its card', inner.x + inner.width <= outer.x + outer.width, [inner, outer])
}
