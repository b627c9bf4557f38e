// What a story works with: people in browsers of their own, servers and printers, and everything it takes to explain a
// failure. A script error or a violation of the Content-Security-Policy fails any story.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Server, root, startPrinter } from './processes.mjs'

export const shots = join(root, 'e2e', 'shots')
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks until the answer is truthy; `what` completes "waited for ...". */
export async function until(what, ask, seconds = 15) {
  const end = Date.now() + seconds * 1000
  let answer
  for (;;) {
    try {
      answer = await ask()
      if (answer) return answer
    } catch (error) {
      answer = error
    }
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}, last answer: ${String(answer?.message ?? answer)}`)
    await sleep(100)
  }
}

export function check(what, condition, detail = '') {
  if (!condition) throw new Error(`${what}${detail === '' ? '' : `: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`}`)
}

/** Waits until the element's text matches. */
export async function reads(locator, pattern, seconds = 15) {
  const matches = (text) => (pattern instanceof RegExp ? pattern.test(text) : text.includes(pattern))
  let text = ''
  try {
    await until('', async () => matches((text = await locator.first().innerText({ timeout: 1000 }))), seconds)
  } catch {
    throw new Error(`waited ${seconds} s for ${locator} to read ${pattern}, it reads ${JSON.stringify(text)}`)
  }
  return text
}

export class Story {
  constructor(name, browser) {
    Object.assign(this, { name, browser, pages: [], servers: [], notes: [], complaints: [], ends: [] })
  }

  note(text) {
    this.notes.push(text)
  }

  /** Fails the story at its end, so that the rest is told as well. */
  async soft(what, body) {
    try {
      await body()
    } catch (error) {
      this.complaints.push(`${what}: ${error.message}`)
      await this.explain(`-${this.complaints.length}`)
    }
  }

  async server(options) {
    const server = new Server(`${this.name}-${this.servers.length + 1}`, options)
    this.servers.push(server)
    return server.start()
  }

  async printer(seconds) {
    const printer = await startPrinter(seconds)
    this.ends.push(() => printer.stop())
    return printer
  }

  /** A fresh browser: no cookies, nothing stored. */
  async person(label, options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB', ...options })
    context.setDefaultTimeout(20_000)
    this.ends.push(() => context.close())
    const page = await this.tab(context, label)
    return { label, context, page }
  }

  async tab(context, label) {
    const page = await context.newPage()
    const complain = (text) => this.complaints.push(`${label} at ${new URL(page.url()).pathname}: ${text}`)
    page.on('pageerror', (error) => complain(error.message))
    page.on('console', (message) => {
      const text = message.text()
      // Refused and broken requests are part of the stories; Chromium reports each of them here.
      if (['error', 'warning'].includes(message.type()) && !/Failed to load resource|net::ERR_/.test(text)) complain(text)
    })
    this.pages.push({ label, page })
    return page
  }

  /** Pictures of all pages and the words of all servers. */
  async explain(suffix = '') {
    mkdirSync(shots, { recursive: true })
    for (const { label, page } of this.pages) {
      if (page.isClosed()) continue
      const path = join(shots, `failed-${this.name}${suffix}-${label}.png`)
      await page.screenshot({ path, timeout: 5000 }).catch(() => undefined)
    }
    for (const server of this.servers) writeFileSync(join(shots, `failed-${server.name}.log`), server.said())
  }

  async end() {
    for (const end of this.ends.reverse()) await Promise.resolve(end()).catch(() => undefined)
    await Promise.all(this.servers.map((server) => server.stop()))
  }
}
