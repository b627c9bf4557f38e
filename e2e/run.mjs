// Stories in a real browser, against real servers and a real OctoPrint.
//
//   scripts/with-postgres.sh scripts/octoprint.py -- node e2e/run.mjs [STORY...]
//   node e2e/run.mjs --shots      only pictures of the demo, in e2e/shots
//   ... --notes                   also prints what people read on the way: error messages, the timeline
//
// Needs the built server (cargo build -p imprimatur, with the browser app in it) and Debian's Chromium; CHROMIUM names
// another one. On failure e2e/shots holds a picture of every page and the log of every server.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { binary, endAll, root } from './lib/processes.mjs'
import { Story, shots } from './lib/story.mjs'

const here = join(root, 'e2e')
const needs = {
  whole: ['IMPRIMATUR_TEST_OCTOPRINT', 'IMPRIMATUR_TEST_OCTOPRINT_KEY'],
  'two-servers': ['IMPRIMATUR_TEST_OCTOPRINT', 'IMPRIMATUR_TEST_OCTOPRINT_KEY', 'IMPRIMATUR_TEST_POSTGRES'],
  decisions: [],
  people: [],
  'bad-input': [],
  keyboard: [],
  restored: [],
  library: [],
  'why-not': [],
  applications: [],
  teams: [],
  organizations: [],
  former: [],
  groups: [],
  many: [],
  pages: [],
}
const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const onlyShots = process.argv.includes('--shots')
const withNotes = process.argv.includes('--notes')
const names = onlyShots ? ['shots'] : asked.length ? asked : Object.keys(needs)

function refuse(text) {
  console.error(`e2e: ${text}`)
  process.exit(2)
}
for (const name of names) {
  if (name !== 'shots' && !needs[name]) refuse(`there is no story "${name}"; there are ${Object.keys(needs).join(', ')}`)
  for (const variable of needs[name] ?? []) {
    if (!process.env[variable]) {
      refuse(`${variable} is not set. Run: scripts/with-postgres.sh scripts/octoprint.py -- node e2e/run.mjs`)
    }
  }
}

if (!existsSync(binary)) refuse(`${binary} is not there. Run: cargo build -p imprimatur`)
const modules = join(here, 'node_modules', '.package-lock.json')
if (!existsSync(modules) || statSync(modules).mtimeMs < statSync(join(here, 'package-lock.json')).mtimeMs) {
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--no-progress'], { cwd: here, stdio: 'inherit' })
  if (npm.status !== 0) refuse('npm ci failed')
}
const { chromium } = await import('playwright-core')
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
if (!existsSync(executablePath)) refuse(`${executablePath} is not there. Run: make setup`)

let browser
let stopping = false
async function stop(code) {
  if (stopping) return
  stopping = true
  await browser?.close().catch(() => undefined)
  await endAll()
  process.exit(code)
}
process.on('SIGINT', () => void stop(130))
process.on('SIGTERM', () => void stop(143))
process.on('SIGHUP', () => void stop(143))

const launch = () =>
  chromium.launch({
    executablePath,
    chromiumSandbox: process.getuid?.() !== 0, // root gets --no-sandbox
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-quic',
    ],
  })

async function tell(name) {
  const { title, tell: body, seconds = 600 } = await import(`./stories/${name}.mjs`)
  const began = Date.now()
  const story = new Story(name, browser)
  let problem
  let timer
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done after ${seconds} s`)), seconds * 1000)
    })
    await Promise.race([body(story), late])
  } catch (error) {
    problem = error
    await story.explain()
  }
  clearTimeout(timer)
  if (!problem && story.complaints.length) await story.explain()
  await story.end()
  const took = `${((Date.now() - began) / 1000).toFixed(1)} s`
  const failed = problem || story.complaints.length > 0
  console.log(`${failed ? 'FAILED' : 'ok    '} ${name}: ${title} (${took})`)
  if (withNotes) for (const note of story.notes) console.log(`         ${note}`)
  for (const complaint of new Set(story.complaints)) console.log(`       - ${complaint}`)
  if (problem) console.log(String(problem.stack ?? problem).replace(/^/gm, '         '))
  return !failed
}

rmSync(shots, { recursive: true, force: true })
mkdirSync(shots, { recursive: true })
let passed = 0
try {
  browser = await launch()
  // Two at a time: most of a story is waiting for a printer. The first two print on the same OctoPrint, so they take turns.
  const lanes = [names.filter((name) => name !== 'pages'), names.filter((name) => name === 'pages')]
  const walk = async (lane) => {
    for (const name of lane) if (!stopping && (await tell(name))) passed += 1
  }
  await Promise.all(lanes.map(walk))
} catch (error) {
  console.error(error)
}
const failed = names.length - passed
if (!stopping) console.log(`${passed} passed, ${failed} failed`)
await stop(failed ? 1 : 0)
