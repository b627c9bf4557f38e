// Two server processes share a PostgreSQL database and a data folder; the Guest's browser talks to one, the Member's to
// the other. Both dispatch, and still the job is printed once.
import { spawnSync } from 'node:child_process'
import { octoprint } from '../lib/octoprint.mjs'
import { accept, addPrinter, clearPlate, invite, mark, notReloaded, printFile, row, sendJob, setUp, status } from '../lib/people.mjs'
import { temporaryFolder } from '../lib/processes.mjs'
import { check, reads, sleep, until } from '../lib/story.mjs'

export const title = 'PostgreSQL and two servers: a Guest on one, a Member on the other, one print'

function newDatabase() {
  const name = `e2e_${process.pid}_${Date.now()}`
  const made = spawnSync('psql', [process.env.IMPRIMATUR_TEST_POSTGRES, '-qc', `create database ${name}`])
  check('the database is made', made.status === 0, String(made.stderr ?? made.error))
  const url = new URL(process.env.IMPRIMATUR_TEST_POSTGRES)
  url.pathname = `/${name}`
  return url.href
}

export async function tell(story) {
  const options = { data: temporaryFolder(story.name), database: newDatabase(), printers: [octoprint.host] }
  const one = await story.server(options)
  await one.setupLink()
  const two = await story.server(options)
  const real = await octoprint.watch(story)

  const ada = await story.person('Ada')
  // Each start makes a new set-up link, and the newest counts.
  await setUp(ada, await two.setupLink(), 'Harbour Lab', 'Ada Admin')
  await addPrinter(ada, two.url, { name: 'Bench 1', address: octoprint.url, key: octoprint.key })
  await clearPlate(ada)

  const gus = await story.person('Gus')
  await accept(gus, (await invite(ada, two.url, 'guest')).replace(two.url, one.url), 'Gus Guest')
  const mia = await story.person('Mia')
  await accept(mia, await invite(ada, two.url, 'member'), 'Mia Member')
  await mark(mia)

  await sendJob(gus, one.url, printFile('small_square.gcode'), { name: 'Small square' })
  await reads(status(gus), 'Needs approval')
  await mark(gus)
  await row(mia, 'Small square').getByTestId('approve').click()
  await reads(status(gus), 'Queued')
  await reads(status(gus), 'Printing', 40)
  await reads(gus.page.getByTestId('job-page'), 'Finished', 60)
  await notReloaded(gus)
  await notReloaded(mia)

  await sleep(3000) // long enough for a second dispatcher to make a mistake
  for (const type of ['Upload', 'PrintStarted', 'PrintDone']) {
    check(`${type} happened once`, real.files(type).length === 1, real.files(type))
  }
  story.note(`OctoPrint printed ${real.files('PrintDone')} once`)
  const timeline = await reads(gus.page.getByTestId('timeline'), 'Printed')
  check('it was started once', timeline.split('is starting').length === 2, timeline)
  await mia.page.goto(`${two.url}/printers`)
  await until('the printer to ask for a clear plate on the other server', () => mia.page.getByTestId('clear-plate').isVisible())
}
