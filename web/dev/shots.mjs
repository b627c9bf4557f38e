// Screenshots of the built app against the mock server, and a list of everything the browser complained about (a
// Content-Security-Policy violation, a script error). Usage: node dev/shots.mjs <folder> [name ...]
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const out = process.argv[2] ?? join(tmpdir(), 'web-shots')
const only = process.argv.slice(3)
const base = process.env.BASE ?? `http://127.0.0.1:${process.env.MOCK_PORT ?? 8099}`
mkdirSync(out, { recursive: true })
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
})
const wide = { width: 1440, height: 900 }
const phone = { width: 390, height: 844 }
const people = { admin: 'demo-admin', member: 'demo-member', guest: 'demo-guest' }
const complaints = []

async function open(role, viewport, theme) {
  const context = await browser.newContext({ viewport, colorScheme: theme, deviceScaleFactor: viewport === phone ? 2 : 1.25, hasTouch: viewport === phone })
  const page = await context.newPage()
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && !/status of 40[134]/.test(m.text()) && complaints.push(m.text()))
  page.on('pageerror', (e) => complaints.push(e.message))
  if (role) {
    await page.goto(`${base}/sign-in`)
    await page.getByTestId(people[role]).click()
    await page.waitForURL('**/jobs')
  }
  return page
}
const shot = async (name, role, viewport, theme, path, act) => {
  if (only.length && !only.includes(name)) return
  const page = await open(role, viewport, theme)
  try {
    if (path) await page.goto(base + path)
    await page.waitForTimeout(900)
    if (act) await act(page)
    await page.waitForTimeout(300)
    await page.screenshot({ path: join(out, `${name}.png`) })
    const wideBy = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    if (wideBy > 0) complaints.push(`${name}: scrolls sideways by ${wideBy} px`)
  } catch (e) {
    complaints.push(`${name}: ${e.message.split('\n')[0]}`)
  }
  await page.context().close()
}
const to = (text) => (page) => page.getByRole('link', { name: text }).first().click()

await shot('approval-light', 'admin', wide, 'light')
await shot('approval-dark', 'admin', wide, 'dark')
await shot('approval-list-phone', 'admin', phone, 'light')
await shot('approval-phone', 'admin', phone, 'light', '', (p) => p.getByTestId('job-row').first().locator('.pick').click())
await shot('approval-reject', 'admin', wide, 'light', '', (p) => p.keyboard.press('r'))
await shot('approval-menu', 'admin', wide, 'light', '', (p) => p.getByTestId('menu').nth(1).click())
await shot('approval-bulk', 'admin', wide, 'light', '', async (p) => { await p.locator('.chk').nth(2).check(); await p.locator('.chk').nth(3).check(); await p.getByTestId('bulk').click() })
await shot('approval-locked', 'admin', wide, 'dark', '', (p) => p.getByText('Sensor lid').click())
await shot('queue', 'admin', wide, 'light', '/jobs?tab=queue')
await shot('printing', 'admin', wide, 'dark', '/jobs?tab=printing')
await shot('history-phone', 'admin', phone, 'light', '/jobs?tab=history')
await shot('job-printing', 'admin', wide, 'light', '/jobs?tab=printing', to('Sprocket'))
await shot('job-printing-phone', 'admin', phone, 'dark', '/jobs?tab=printing', to('Sprocket'))
await shot('job-guest', 'guest', wide, 'light', '/jobs', to('Conveyor'))
await shot('job-guest-phone', 'guest', phone, 'light', '/jobs', to('Conveyor'))
await shot('job-sent-back', 'guest', wide, 'light', '/jobs', to('Lamp vase'))
await shot('new-job', 'guest', wide, 'light', '/jobs/new', (p) => p.getByTestId('upload-input').setInputFiles({ name: 'conveyor_gear_18T.gcode', mimeType: 'text/plain', buffer: Buffer.alloc(9_000_000, 'G1 X1\n') }))
await shot('printers', 'admin', wide, 'light', '/printers')
await shot('printers-dark', 'admin', wide, 'dark', '/printers')
await shot('printers-phone', 'admin', phone, 'light', '/printers')
await shot('printer', 'admin', wide, 'light', '/printers', to('Bench 3'))
await shot('printer-phone', 'admin', phone, 'dark', '/printers', to('Bench 3'))
await shot('new-printer', 'admin', wide, 'light', '/printers/new')
await shot('organization', 'admin', wide, 'light', '/organization')
await shot('organization-phone', 'admin', phone, 'light', '/organization')
await shot('permissions', 'admin', wide, 'light', '/permissions', (p) => p.getByTestId('approval-switch').click())
await shot('permissions-phone', 'admin', phone, 'dark', '/permissions', (p) => p.getByTestId('approval-switch').click())
await shot('account', 'admin', wide, 'dark', '/account')
await shot('sign-in', null, wide, 'light', '/sign-in')
await shot('setup', null, wide, 'light', '/setup?token=abc')
await shot('setup-phone', null, phone, 'light', '/setup?token=abc')
await browser.close()
console.log(complaints.length ? [...new Set(complaints)].join('\n') : 'No complaints.')
