// Every page of the app with the data of the demo: what it is called, who looks at it, and how to get there.
import { call } from './people.mjs'
import { check, until } from './story.mjs'

const press = (testid, nth = 0) => (page) => page.getByTestId(testid).nth(nth).click()
const first = async (page, testid) => page.getByTestId(testid).first().waitFor()

/** While three jobs wait for approval. Each entry: name, role, path, what to do there, and what else must be true. */
export const waiting = [
  ['sign-in', null, '/sign-in', (page) => first(page, 'demo')],
  ['approval', 'member', '/jobs', (page) => first(page, 'job-row')],
  ['approval-menu', 'member', '/jobs', press('menu')],
  ['approval-reject', 'member', '/jobs', async (page) => (await press('menu')(page), press('menu-reject')(page))],
  ['approval-send-back', 'member', '/jobs', async (page) => (await press('menu')(page), press('menu-send_back')(page))],
  ['approval-move', 'member', '/jobs', async (page) => (await press('menu')(page), press('menu-reroute')(page))],
  ['approval-bulk', 'member', '/jobs', async (page) => {
    await first(page, 'job-row')
    await page.getByRole('checkbox', { name: 'Select all' }).check()
    await press('bulk')(page)
  }],
  ['approval-open', 'member', '/jobs', (page) => page.getByTestId('job-row').first().locator('.pick').click()],
  ['keys', 'member', '/jobs', async (page) => (await first(page, 'job-row'), page.keyboard.press('?'))],
  ['job-held', 'member', ({ held }) => `/jobs/${held}`, (page) => first(page, 'timeline')],
  ['guest-jobs', 'guest', '/jobs', (page) => first(page, 'job-row')],
  ['guest-job', 'guest', ({ held }) => `/jobs/${held}`, (page) => first(page, 'approvers')],
  ['guest-withdraw', 'guest', ({ held }) => `/jobs/${held}`, press('withdraw')],
  ['new-job', 'guest', '/jobs/new', (page) => first(page, 'printer-option')],
  ['guest-printers', 'guest', '/printers', (page) => first(page, 'printer-card')],
  ['library', 'guest', '/library', (page) => first(page, 'new-project')],
  ['guest-permissions', 'guest', '/permissions', (page) => first(page, 'role-table')],
]

/** While one job prints, one is sent back, and one was rejected. First what needs the print: it lasts a minute. */
export const moving = [
  ['printing', 'admin', '/jobs?tab=printing', (page) => first(page, 'job-row')],
  ['job-printing', 'admin', ({ printing }) => `/jobs/${printing}`, (page) => page.getByRole('progressbar').first().waitFor()],
  ['job-abort', 'admin', ({ printing }) => `/jobs/${printing}`, press('do-abort')],
  ['printer', 'admin', ({ printer }) => `/printers/${printer}`, (page) => page.getByRole('progressbar').first().waitFor(), async (page) => {
    const text = await page.getByTestId('printer-page').innerText()
    check('nobody is asked to take off what is still printing', !text.includes('Take the print off'), 'Take the print off the plate')
    const queue = await page.getByTestId('queue').innerText()
    check('what prints is not in the queue', queue.includes('Queue is empty'), queue.replace(/\s+/g, ' '))
  }],
  ['printers', 'admin', '/printers', (page) => first(page, 'printer-card')],
  ['printer-remove', 'admin', ({ printer }) => `/printers/${printer}`, press('remove-printer')],
  ['queue', 'admin', '/jobs?tab=queue'],
  ['history', 'admin', '/jobs?tab=history', (page) => first(page, 'job-row')],
  ['job-rejected', 'admin', ({ rejected }) => `/jobs/${rejected}`, (page) => first(page, 'timeline')],
  ['guest-sent-back', 'guest', ({ back }) => `/jobs/${back}`, (page) => first(page, 'sent-back')],
  ['guest-notices', 'guest', '/notices', (page) => first(page, 'notice')],
  ['new-printer', 'admin', '/printers/new', async (page) => {
    await page.getByTestId('printer-address').fill('http://127.0.0.1:9')
    await page.getByTestId('printer-key').fill('some-key')
    await press('test-printer')(page)
    await first(page, 'test-result')
  }],
  ['organization', 'admin', '/organization', (page) => first(page, 'person')],
  ['organization-invite', 'admin', '/organization', press('invite')],
  ['organization-list', 'admin', '/organization', press('invite-list')],
  ['organization-leave', 'admin', '/organization', press('leave')],
  ['organization-remove', 'admin', '/organization', press('remove-person')],
  ['permissions', 'admin', '/permissions', (page) => first(page, 'role-table')],
  ['permissions-draft', 'admin', '/permissions', async (page) => (await press('approval-switch')(page), first(page, 'effect'))],
  ['account', 'admin', '/account', (page) => page.getByRole('heading', { name: 'Password' }).waitFor()],
  ['not-found', 'admin', '/nowhere', (page) => page.getByRole('heading', { level: 1 }).waitFor()],
]

/** When a print has ended and nobody took it off the printer. */
export const ended = [
  ['plate', 'admin', '/jobs?tab=plate', (page) => first(page, 'job-row')],
  ['job-ended', 'admin', ({ printing }) => `/jobs/${printing}`, (page) => first(page, 'record')],
  ['printer-plate', 'admin', ({ printer }) => `/printers/${printer}`, (page) => first(page, 'queue')],
  ['printers-plate', 'admin', '/printers', (page) => first(page, 'clear-plate')],
]

/** Without an organization, or without an account. */
export const doors = [
  ['setup', null, ({ setup }) => setup, (page) => first(page, 'setup-go')],
  ['invite', null, ({ invite }) => invite, (page) => first(page, 'account-go')],
  ['no-organization', 'nobody', '/no-organization', (page) => page.getByRole('heading', { level: 1 }).waitFor()],
]

/** Approves one of the demo's jobs, sends one back, rejects one. */
export async function move(member, url) {
  const { items } = await call(member, url, 'GET', '/print-jobs?tab=needs_approval')
  const [printing, back, rejected] = items
  const { version, send_sha } = printing
  await call(member, url, 'POST', `/print-jobs/${printing.id}/approve`, { version, send_sha })
  await call(member, url, 'POST', `/print-jobs/${back.id}/send-back`, { message: 'The wall is too thin. Please use 0.8 mm.' })
  await call(member, url, 'POST', `/print-jobs/${rejected.id}/reject`, { reason: 'Too long for opening hours.' })
  await until('the print to start', async () => {
    const { status, progress } = await call(member, url, 'GET', `/print-jobs/${printing.id}`)
    return status === 'printing' && progress?.percent != null
  }, 40)
  return { printing: printing.id, back: back.id, rejected: rejected.id, printer: printing.printer.id }
}
