// Everything the stories start: servers and virtual printers on free ports of loopback, with data in temporary folders.
// All of it ends with this process, also when it is killed.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const binary = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug', 'imprimatur')
const running = new Set()
const folders = new Set()

/** Every variable of the caller except the ones that would configure the server. */
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('IMPRIMATUR_')))

export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `imprimatur-e2e-${name}-`))
  folders.add(folder)
  return folder
}

export const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

/** One process and what it said; ended by the kernel if this one dies without a goodbye. */
class Process {
  constructor(args, env = {}) {
    this.log = ''
    const tie = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : []
    const [command, ...rest] = [...tie, binary, ...args]
    this.child = spawn(command, rest, {
      env: { ...clean, NO_COLOR: '1', ...env },
      cwd: tmpdir(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(this)
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.log += text))
    }
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => (this.log += `\n${error.message}`, resolve()))
      this.child.on('close', () => (running.delete(this), resolve()))
    })
  }

  /** The first match in what the process says. */
  async says(pattern, seconds = 60) {
    const until = Date.now() + seconds * 1000
    let over = false
    void this.ended.then(() => (over = true))
    for (;;) {
      const found = pattern.exec(this.log)
      if (found) return found
      if (over || Date.now() > until) throw new Error(`the server did not say ${pattern}:\n${this.log.slice(-2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async end(signal = 'SIGTERM') {
    if (!running.has(this)) return
    this.child.kill(signal)
    const hard = setTimeout(() => this.child.kill('SIGKILL'), 5000)
    await this.ended
    clearTimeout(hard)
  }
}

/** `imprimatur serve`. Timings are short, so that a story takes seconds; the rules are the same. */
export class Server {
  constructor(name, { data = temporaryFolder(name), database, settings = {}, printers = [] } = {}) {
    this.name = name
    this.data = data
    this.log = ''
    this.port = 0
    this.args = database ? ['--database', database] : []
    const all = {
      printer_exceptions: JSON.stringify(printers),
      tick_ms: 200,
      observe_ms: 500,
      watch_ms: 1000,
      again_ms: 1000,
      password_memory_kib: 8192,
      ...settings,
    }
    this.env = Object.fromEntries(Object.entries(all).map(([key, value]) => [`IMPRIMATUR_${key.toUpperCase()}`, String(value)]))
  }

  async start() {
    const listen = `127.0.0.1:${this.port}`
    this.process = new Process(['serve', '--data', this.data, '--listen', listen, ...this.args], this.env)
    const [, url, port] = await this.process.says(/serving.*?url=(http:\/\/127\.0\.0\.1:(\d+))/)
    this.url = url
    this.port = Number(port) // so that a restart keeps the address
    return this
  }

  setupLink = async () => (await this.process.says(/http:\/\/\S+\/setup\?token=\S+/))[0]
  said = () => this.log + (this.process?.log ?? '')

  async stop(signal) {
    await this.process?.end(signal)
    this.log = this.said()
    this.process = undefined
  }
}

/** `imprimatur demo`. */
export async function startDemo() {
  const port = await freePort()
  const process = new Process(['demo', '--data', temporaryFolder('demo'), '--port', String(port)])
  await process.says(/is open at/)
  return { url: `http://127.0.0.1:${port}`, said: () => process.log, stop: () => process.end('SIGINT'), name: 'demo' }
}

/** A virtual printer: its address, key, and the ledger of what it really started. */
export async function startPrinter(seconds = 5) {
  const args = ['virtual-printer', '--listen', '127.0.0.1:0', '--api-key', 'e2e-key', '--seconds', String(seconds)]
  const process = new Process(args)
  const [, host] = await process.says(/answers at (\S+)/)
  const ledger = async () => (await fetch(`http://${host}/_virtual/ledger`)).json()
  return { host, address: `http://${host}`, key: 'e2e-key', ledger, stop: () => process.end('SIGINT') }
}

export async function endAll() {
  await Promise.all([...running].map((process) => process.end()))
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  folders.clear()
}
