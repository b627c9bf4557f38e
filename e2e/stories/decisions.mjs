// Every way to decide, and what the others see of it.
import { look } from '../lib/look.mjs'
import { call, job, jobBecomes, mark, notReloaded, organization, printFile, row, sendByApi, status } from '../lib/people.mjs'
import { check, reads, until } from '../lib/story.mjs'

export const title = 'reject, send back, undo, bulk, two approvers at once, roles, removal, permissions'

export async function tell(story) {
  const printers = [await story.printer(4), await story.printer(4), await story.printer(4)]
  const server = await story.server({ printers: printers.map((printer) => printer.host) })
  const people = await organization(story, server, { Ada: 'admin', Mia: 'member', Gus: 'guest', Lea: 'guest' }, printers)
  const world = { story, url: server.url, broken: printers[2], ...people }
  await startsWithoutAnswer(world)
  await loadsWhileNewsComes(world)
  await rejects(world)
  await sendsBack(world)
  await approvesMany(world)
  await looksAtEachFirst(world)
  await twoAtOnce(story, world)
  await changesRoles(world)
  await removes(world)
  await changesPermissions(world)
  const starts = (await Promise.all(printers.filter((printer) => printer !== world.broken).map((printer) => printer.ledger()))).flat()
  const twice = starts.filter((start, index) => starts.findIndex((other) => other.name === start.name) !== index)
  check('nothing was started twice', twice.length === 0, twice)
  story.note(`physical starts: ${starts.length}`)
}

const choose = async (person, name, action) => {
  await row(person, name).getByTestId('menu').click()
  await person.page.getByTestId(`menu-${action}`).click()
}
const openJobs = (person, url, tab) => person.page.goto(`${url}/jobs${tab ? `?tab=${tab}` : ''}`)

/** Nobody answers who this is: the page says so, and goes on when it is tried again. */
async function startsWithoutAnswer({ url, Mia: { page } }) {
  await page.route('**/api/v1/session', (route) => route.abort())
  await page.goto(`${url}/jobs`)
  await reads(page.getByTestId('no-session'), 'The server does not answer')
  await page.unrouteAll()
  await page.getByTestId('no-session').getByRole('button').click()
  await reads(page.getByTestId('account-menu'), 'Mia')
  await page.getByTestId('lead').waitFor()
}

/** The first answer is on its way when a print job is sent: it is older than the news of it. */
async function loadsWhileNewsComes({ url, Mia, Gus, printers }) {
  let answered, letGo
  const asked = new Promise((resolve) => (answered = resolve))
  const held = new Promise((resolve) => (letGo = resolve))
  await Mia.page.route('**/print-jobs?*', async (route) => {
    const response = await route.fetch()
    answered()
    await held
    await route.fulfill({ response })
  }, { times: 1 })
  await openJobs(Mia, url)
  await asked
  const { id } = await sendByApi(Gus, url, 'Early bird', printers[0])
  await reads(Mia.page.getByTestId('badge'), '1')
  letGo()
  await row(Mia, 'Early bird').waitFor({ timeout: 5000 })
  await call(Gus, url, 'POST', `/print-jobs/${id}/withdraw`)
}

async function rejects({ url, Mia, Gus, printers }) {
  await sendByApi(Gus, url, 'Lamp vase', printers[0])
  await Gus.page.goto(`${url}/printers`)
  await mark(Gus)
  await openJobs(Mia, url)
  await choose(Mia, 'Lamp vase', 'reject')
  const dialog = Mia.page.getByTestId('reject-dialog')
  await dialog.getByRole('button', { name: 'Wrong material' }).click()
  await dialog.getByRole('textbox').fill('This one wants PETG.')
  await dialog.getByTestId('confirm-reject').click()
  await reads(Mia.page.getByTestId('toast'), 'Rejected Lamp vase')
  await Mia.page.getByTestId('tab-history').click()
  await reads(row(Mia, 'Lamp vase'), 'Rejected')

  await reads(Gus.page.getByTestId('notices'), '1')
  await Gus.page.getByTestId('notices').click()
  await reads(Gus.page.getByTestId('notice'), /Mia.*Wrong material\. This one wants PETG\./s)
  await notReloaded(Gus)
  await Gus.page.getByTestId('notice').first().getByRole('link').click()
  await reads(status(Gus), 'Rejected')
}

async function sendsBack({ url, Mia, Gus, printers }) {
  const { id } = await sendByApi(Gus, url, 'Cable clip', printers[0])
  await Gus.page.goto(`${url}/jobs/${id}`)
  await reads(status(Gus), 'Needs approval')
  await openJobs(Mia, url)
  await choose(Mia, 'Cable clip', 'send_back')
  const dialog = Mia.page.getByTestId('send-back-dialog')
  await dialog.getByTestId('confirm-send-back').click()
  check('a message is asked for', (await dialog.getByRole('textbox').getAttribute('aria-invalid')) === 'true')
  await dialog.getByRole('textbox').fill('Please make the wall 0.8 mm.')
  await dialog.getByTestId('confirm-send-back').click()
  await reads(Mia.page.getByTestId('toast'), 'Sent back Cable clip')

  await reads(Gus.page.getByTestId('sent-back'), 'Please make the wall 0.8 mm.')
  await Gus.page.getByTestId('resubmit').click()
  await Gus.page.getByTestId('upload-input').setInputFiles(printFile('cable_clip_thicker.gcode'))
  await Gus.page.getByTestId('ticket').first().waitFor()
  await Gus.page.getByTestId('send').click()
  await reads(status(Gus), 'Needs approval')

  await openJobs(Mia, url)
  await row(Mia, 'Cable clip').locator('.pick').click()
  await reads(Mia.page.getByRole('region', { name: 'Review of Cable clip' }), 'Version 2')
  await Mia.page.getByTestId('review-approve').click()
  await Mia.page.getByTestId('toast-undo').waitFor()
  await jobBecomes(Gus, url, id, 'queued')
  await Mia.page.getByTestId('toast-undo').click()
  await reads(Mia.page.getByTestId('toast'), 'needs approval again')
  await jobBecomes(Gus, url, id, 'needs_approval')
  await reads(status(Gus), 'Needs approval')
  await row(Mia, 'Cable clip').getByTestId('approve').waitFor()
}

async function approvesMany({ url, Mia, Gus, printers }) {
  const clip = (await call(Mia, url, 'GET', '/print-jobs?tab=needs_approval')).items.map(({ id }) => id)
  const more = await Promise.all(['Left bracket', 'Right bracket'].map((name, i) => sendByApi(Gus, url, name, printers[i])))
  await openJobs(Mia, url)
  await row(Mia, 'Right bracket').waitFor()
  await Mia.page.getByRole('checkbox', { name: 'Select all' }).check()
  await reads(Mia.page.getByTestId('bulk'), 'Approve 3')
  await Mia.page.getByTestId('bulk').click()
  await reads(Mia.page.getByTestId('bulk-dialog'), 'Approve 3 jobs?')
  await Mia.page.getByTestId('confirm-bulk').click()
  await reads(Mia.page.getByTestId('bulk-dialog'), 'Approved 3 jobs')
  await Mia.page.getByRole('button', { name: 'Close' }).click()
  for (const id of [...clip, ...more.map((one) => one.id)]) {
    const { status: now } = await job(Mia, url, id)
    check('approved', ['queued', 'starting', 'printing'].includes(now), now)
  }
  await Mia.page.getByTestId('empty').waitFor()
}

/** A printer that does not answer stands in the row, at the job and on its button, and is no part of what is approved at once. */
async function looksAtEachFirst({ story, url, broken, Ada, Mia, Gus, printers }) {
  await broken.stop()
  const away = await sendByApi(Gus, url, 'Far lid', printers[2])
  const off = await sendByApi(Gus, url, 'Off lid', printers[1])
  const near = await sendByApi(Gus, url, 'Near lid', printers[0])
  await call(Ada, url, 'PATCH', `/printers/${printers[1]}`, { enabled: false })
  await until('the printer to be offline', async () => (await job(Mia, url, away.id)).printer.status === 'offline')
  await openJobs(Mia, url)
  await reads(row(Mia, 'Far lid').getByTestId('failed-check'), 'Bench 3 does not answer')
  await reads(row(Mia, 'Off lid').getByTestId('failed-check'), 'Bench 2 is turned off')
  check('what has to be moved first is not approved as it is', (await row(Mia, 'Off lid').getByTestId('approve').count()) === 0)
  await row(Mia, 'Far lid').locator('.pick').click()
  const approve = Mia.page.getByTestId('review-approve')
  await reads(approve, 'Approve anyway')
  check('it is outlined', !(await approve.getAttribute('class')).includes('primary'))
  await look(story, Mia, 'failed-check')
  await row(Mia, 'Off lid').locator('.pick').click()
  await reads(Mia.page.getByTestId('review-move'), 'Change printer')
  await Mia.page.getByRole('checkbox', { name: 'Select all' }).check()
  await reads(Mia.page.getByTestId('bulk'), 'Approve 1')
  await Mia.page.getByTestId('bulk').click()
  await reads(Mia.page.getByTestId('bulk-dialog'), 'Approve 1 job?')
  await reads(Mia.page.getByTestId('bulk-wrong'), 'Far lid, Off lid')
  await Mia.page.keyboard.press('Escape')
  await Mia.page.goto(`${url}/jobs/${away.id}`)
  await reads(Mia.page.getByTestId('failed-check'), 'Bench 3 does not answer')
  await Mia.page.getByTestId('do-approve').click()
  await reads(status(Mia), 'Queued')
  // Whoever sends one chooses first among those that print.
  await Gus.page.goto(`${url}/jobs/new`)
  await Gus.page.getByTestId('printer-option').nth(2).waitFor()
  const offered = await Gus.page.locator('.pick1').allInnerTexts()
  check('ready first, then offline, then off', offered.map((text) => text.slice(0, 7)).join() === 'Bench 1,Bench 3,Bench 2', offered)
  check('offline says what it means', offered[1].includes('Offline, your job will wait'), offered)
  await call(Ada, url, 'PATCH', `/printers/${printers[1]}`, { enabled: true })
  await call(Mia, url, 'POST', `/print-jobs/${away.id}/withdraw`)
  for (const { id } of [off, near]) await call(Mia, url, 'POST', `/print-jobs/${id}/reject`, { reason: 'Only a test.' })
}

/** Both press Approve; the second answer is held on its way, until before or after the news of the first arrives. */
async function twoAtOnce(story, { url, Ada, Mia, Gus, printers }) {
  for (const [name, newsFirst] of [['Door stop', false], ['Door hook', true]]) {
    await sendByApi(Gus, url, name, printers[1])
    if (!newsFirst) await Ada.page.route('**/events*', (route) => route.abort())
    await openJobs(Ada, url)
    await openJobs(Mia, url)
    let letGo
    const decided = new Promise((resolve) => (letGo = resolve))
    await Ada.page.route('**/approve', (route) => decided.then(() => route.continue()))
    await row(Ada, name).getByTestId('approve').click()
    await row(Mia, name).getByTestId('approve').click()
    await reads(Mia.page.getByTestId('toast'), `Approved ${name}`)
    if (newsFirst) await reads(Ada.page.getByTestId('lead'), 'Nothing is waiting')
    letGo()
    await story.soft(`the second approver is told who decided (${newsFirst ? 'after' : 'before'} the news)`, async () => {
      const told = await until('a word about it', async () => /Approved by Mia[^\n]*/.exec(await Ada.page.innerText('body'))?.[0], 6)
      story.note(`the second approver reads: ${told}`)
    })
    check('no success is claimed', !(await Ada.page.getByText(`Approved ${name}`).isVisible()))
    await Ada.page.unrouteAll()
  }
}

async function changesRoles({ story, url, Ada, Mia, Gus, Lea, printers }) {
  // Lea's stream of news opens only after her role has changed: what was said before it is said to her all the same.
  let open
  const opened = new Promise((resolve) => (open = resolve))
  await Lea.page.route('**/events*', (route) => opened.then(() => route.continue()))
  await Lea.page.goto(`${url}/jobs`)
  await reads(Lea.page.getByTestId('account-menu'), 'Guest')
  await mark(Lea)
  await Ada.page.goto(`${url}/organization`)
  const lea = Ada.page.getByTestId('person').filter({ hasText: 'Lea' })
  await lea.getByTestId('role-select').selectOption('member')
  await reads(Ada.page.getByTestId('toast'), 'Lea is now Member')
  open()
  await reads(Lea.page.getByTestId('account-menu'), 'Member')
  await Ada.page.getByTestId('toast-undo').click()
  await reads(Lea.page.getByTestId('account-menu'), 'Guest')
  await notReloaded(Lea)
  // What takes something away is asked first; it can be undone, and nothing is changed by looking.
  const { id } = await sendByApi(Gus, url, 'Spacer', printers[0])
  const mia = Ada.page.getByTestId('person').filter({ hasText: 'Mia' }).getByTestId('role-select')
  await mia.selectOption('guest')
  const question = Ada.page.getByTestId('other-role-dialog')
  await reads(question, /\d waiting print jobs? (is|are) not theirs to decide any more/)
  await look(story, Ada, 'other-role')
  await question.getByRole('button', { name: 'Keep as Member' }).click()
  await until('the list to show what is true', async () => (await mia.inputValue()) === 'member')
  await mia.selectOption('guest')
  await Ada.page.getByTestId('confirm-other-role').click()
  await reads(Ada.page.getByTestId('toast'), 'Mia is now Guest')
  await reads(Mia.page.getByTestId('account-menu'), 'Guest')
  await Ada.page.getByTestId('toast-undo').click()
  await reads(Mia.page.getByTestId('account-menu'), 'Member')
  check('somebody decides again', (await job(Mia, url, id)).actions.approve.allowed)
  await call(Gus, url, 'POST', `/print-jobs/${id}/withdraw`)
  // The last Admin cannot be made less.
  await Ada.page.getByTestId('person').filter({ hasText: 'Ada' }).getByTestId('role-select').selectOption('guest')
  const asked = Ada.page.getByTestId('own-role-dialog')
  await reads(asked, 'You are the last Admin. Make somebody else Admin first.')
  await Ada.page.getByTestId('confirm-own-role').click()
  await reads(asked.getByRole('alert'), /Admin/)
  await asked.getByRole('button', { name: 'Stay Admin' }).click()
  await reads(Ada.page.getByTestId('account-menu'), 'Admin')
}

async function removes({ url, Ada, Lea, printers }) {
  const { id } = await sendByApi(Lea, url, 'Key ring', printers[0])
  await Lea.page.goto(`${url}/jobs/${id}`)
  await status(Lea).waitFor()
  await mark(Lea)
  await Ada.page.goto(`${url}/organization`)
  await Ada.page.getByTestId('person').filter({ hasText: 'Lea' }).getByTestId('remove-person').click()
  await reads(Ada.page.getByTestId('remove-person-dialog'), /1 of their jobs waits for approval and stays/)
  await Ada.page.getByTestId('confirm-remove-person').click()
  await reads(Ada.page.getByTestId('toast'), 'Removed Lea')
  await until('the row to go', async () => (await Ada.page.getByTestId('person').filter({ hasText: 'Lea' }).count()) === 0)
  const left = await job(Ada, url, id)
  check('the job stays, from a former person', left.status === 'needs_approval' && left.submitter.former, left)
  // They do not keep the page, and come to no other.
  await Lea.page.waitForURL('**/no-organization')
  await notReloaded(Lea)
  await Lea.page.goto(`${url}/jobs`)
  await Lea.page.waitForURL('**/no-organization')
  await reads(Lea.page.locator('main'), 'not in an organization')
}

async function changesPermissions({ story, url, Ada, Gus, printers }) {
  const { page } = Ada
  const { id: held } = await sendByApi(Gus, url, 'Hook', printers[1])
  await page.goto(`${url}/permissions`)
  const toggle = page.getByTestId('approval-switch')
  await toggle.uncheck()
  await reads(page.getByTestId('effect'), /Guests print without approval\. 2 jobs that wait now stay held/)
  await reads(page.getByTestId('savebar'), '1 change not saved')
  await page.getByRole('button', { name: 'Discard' }).click()
  check('discarded', (await toggle.isChecked()) && !(await page.getByTestId('savebar').isVisible()))
  check('nothing was saved', (await call(Ada, url, 'GET', '/settings')).approval_on)

  await toggle.uncheck()
  await page.getByTestId('save').click()
  await reads(page.getByTestId('toast'), 'Saved the changes')
  check('saved', !(await call(Ada, url, 'GET', '/settings')).approval_on)
  // What waits is offered once, to be let go together; it stays held until somebody says so.
  const all = page.getByTestId('bulk-dialog')
  await reads(all, 'Approve all 2 jobs that still wait?')
  await look(story, Ada, 'turned-off')
  await all.getByRole('button', { name: 'Leave them held' }).click()
  const { id } = await sendByApi(Gus, url, 'Washer', printers[1])
  check('a Guest prints without asking', (await job(Gus, url, id)).status !== 'needs_approval')
  check('what was held stays held', (await job(Gus, url, held)).status === 'needs_approval')
  await toggle.check()
  await reads(page.getByTestId('effect'), /1 Guest needs approval/)
  await page.getByTestId('save').click()
  await until('approval to be on', async () => (await call(Ada, url, 'GET', '/settings')).approval_on)
  await until('nothing to be unsaved', async () => !(await page.getByTestId('savebar').isVisible()))
  await toggle.uncheck()
  await page.getByTestId('save').click()
  await all.getByTestId('confirm-bulk').click()
  await reads(all, 'Approved 2 jobs')
  await all.getByRole('button', { name: 'Close' }).click()
  check('let go', (await job(Gus, url, held)).status !== 'needs_approval')
  await reads(page.getByTestId('role-table'), 'Guest')
}
