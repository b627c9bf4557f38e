// The steps that many stories take: by hand in the browser, or through the API where the step is not what is tested.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './processes.mjs'
import { check, reads, until } from './story.mjs'

export const PASSWORD = 'paper ink and a blue stamp'
export const email = (name) => `${name.toLowerCase().replace(/\W+/g, '.')}@example.org`

let made = 0
/** A print file that no other has the bytes of; `kb` makes it longer with comments behind the last move. */
export function printFile(name, kb = 0) {
  made += 1
  const own = `; file ${made} of run ${process.pid}-${Date.now()}\n`
  const square = readFileSync(join(root, 'samples', 'small_square.gcode'), 'utf8')
  const line = `; ${'filler '.repeat(145)}\n`
  return { name, mimeType: 'text/x.gcode', buffer: Buffer.from(own + square + line.repeat(kb)) }
}

// In the browser.

export async function setUp({ page }, link, organization, name) {
  await page.goto(link)
  await page.getByTestId('setup-organization').fill(organization)
  await page.getByTestId('setup-name').fill(name)
  await page.getByTestId('setup-email').fill(email(name))
  await page.getByTestId('setup-password').fill(PASSWORD)
  check('approval is on at first', await page.getByTestId('setup-approval').isChecked())
  await page.getByTestId('setup-go').click()
  await page.waitForURL('**/printers/new')
}

export async function addPrinter({ page }, url, { name, address, key }) {
  await page.goto(`${url}/printers/new`)
  await page.getByTestId('printer-name').fill(name)
  await page.getByTestId('printer-address').fill(address)
  await page.getByTestId('printer-key').fill(key)
  await page.getByTestId('test-printer').click()
  await reads(page.getByTestId('test-result'), /answers\./)
  check('sharing is on at first', await page.getByTestId('share').isChecked())
  await page.getByTestId('add').click()
  await page.waitForURL(/\/printers\/[0-9a-f-]{36}$/)
  await page.getByTestId('printer-page').waitFor()
  return page.url().split('/').at(-1)
}

/** Says that the plate is clear, on the printer's page. */
export async function clearPlate({ page }) {
  await reads(page.getByTestId('printer-page'), 'Clear the plate')
  await page.getByRole('button', { name: 'Plate is clear' }).click()
  await reads(page.getByTestId('toast'), /The plate of .* is clear/)
}

export async function invite({ page }, url, role) {
  await page.goto(`${url}/organization`)
  await page.getByTestId('invite').click()
  await page.getByTestId('invite-role').selectOption(role)
  await page.getByTestId('make-invitation').click()
  const link = await page.getByTestId('invite-link').inputValue()
  await page.getByRole('button', { name: 'Done' }).click()
  return link
}

export async function accept({ page }, link, name) {
  await page.goto(link)
  await page.getByTestId('account-name').fill(name)
  await page.getByTestId('account-email').fill(email(name))
  await page.getByTestId('account-password').fill(PASSWORD)
  await page.getByTestId('account-go').click()
  await page.waitForURL('**/jobs')
  await page.getByTestId('lead').waitFor()
}

/** Sends a job on the page for it and gives its id. */
export async function sendJob({ page }, url, file, { name, note, uploading } = {}) {
  await page.goto(`${url}/jobs/new`)
  await page.getByTestId('printer-option').first().check()
  await page.getByTestId('upload-input').setInputFiles(file)
  await uploading?.(page)
  if (name) await page.getByTestId('job-name').fill(name)
  if (note) await page.getByTestId('job-note').fill(note)
  await page.getByTestId('send').click()
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/)
  return page.url().split('/').at(-1)
}

/** The row of a job in the list of print jobs. */
export const row = ({ page }, name) => page.getByTestId('job-row').filter({ hasText: name })
/** The status at the top of a job's page. */
export const status = ({ page }) => page.getByTestId('job-page').getByTestId('status').first()

/** Marks the page, so that a reload would show. */
export const mark = ({ page }) => page.evaluate(() => void (window.stillTheSame = true))
export async function notReloaded({ page, label }) {
  check(`the page of ${label} was not reloaded`, await page.evaluate(() => window.stillTheSame === true))
}

// Through the API, with the cookies of the person's browser.

export async function call({ context }, url, method, path, data) {
  const headers = { 'x-imprimatur': '1', 'idempotency-key': randomUUID() }
  const binary = Buffer.isBuffer(data)
  if (binary) headers['content-type'] = 'application/octet-stream'
  const answer = await context.request.fetch(`${url}/api/v1${path}`, { method, headers, data })
  const text = await answer.text()
  check(`${method} ${path} succeeds`, answer.ok(), `${answer.status()} ${text}`)
  return text ? JSON.parse(text) : undefined
}

export async function sendByApi(person, url, name, printer, file = printFile(`${name}.gcode`)) {
  const size = file.buffer.length
  const upload = await call(person, url, 'POST', '/uploads', { name: file.name, size })
  await call(person, url, 'PUT', `/uploads/${upload.id}?offset=0`, file.buffer)
  return call(person, url, 'POST', '/print-jobs', { upload: upload.id, printer, name })
}

export const job = (person, url, id) => call(person, url, 'GET', `/print-jobs/${id}`)
export const jobBecomes = (person, url, id, wanted, seconds) =>
  until(`job to be ${wanted}`, async () => (await job(person, url, id)).status === wanted, seconds)

/** An organization with an Admin, further people and printers, all signed in and ready: `{ Ada: 'admin', ... }`. */
export async function organization(story, server, people, printers) {
  const { url } = server
  const token = new URL(await server.setupLink()).searchParams.get('token')
  const all = {}
  let admin
  for (const [name, role] of Object.entries(people)) {
    const person = await story.person(name)
    Object.assign(person, { name, role })
    const account = { name, email: email(name), password: PASSWORD }
    if (admin) {
      const { link } = await call(admin, url, 'POST', '/invitations', { role })
      await call(person, url, 'POST', '/accounts', account)
      await call(person, url, 'POST', `/invitations/${link.split('/').at(-1)}/accept`, {})
    } else {
      admin = person
      await call(person, url, 'POST', '/setup', { ...account, token, organization: 'Harbour Lab', approval: true })
    }
    all[name] = person
  }
  const ids = []
  for (const [index, printer] of printers.entries()) {
    const body = { name: `Bench ${index + 1}`, family: 'octoprint', address: printer.address, api_key: printer.key }
    const added = await call(admin, url, 'POST', '/printers', { ...body, share_with_organization: true })
    await call(admin, url, 'POST', `/printers/${added.id}/plate-clear`, { run: added.plate.run })
    ids.push(added.id)
  }
  return { ...all, printers: ids }
}
