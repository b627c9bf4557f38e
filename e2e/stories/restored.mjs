// An older backup is put back under the server: every page says that nothing is printed, and nothing is; an Admin who has
// looked lets it go on.
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { look } from '../lib/look.mjs'
import { call, jobBecomes, mark, notReloaded, organization, sendByApi } from '../lib/people.mjs'
import { check, reads, sleep, until } from '../lib/story.mjs'

export const title = 'an older backup: held back, said on every page, let go by an Admin'

/** The database's files; what else is in the data folder is no part of a backup. */
function copyDatabase(from, to) {
  mkdirSync(to, { recursive: true })
  for (const ending of ['', '-wal', '-shm']) {
    const name = `imprimatur.db${ending}`
    rmSync(join(to, name), { force: true })
    if (existsSync(join(from, name))) cpSync(join(from, name), join(to, name))
  }
}

const approve = async (person, url, id) => {
  const { version, send_sha, printer } = await call(person, url, 'GET', `/print-jobs/${id}`)
  return call(person, url, 'POST', `/print-jobs/${id}/approve`, { version, send_sha, printer: printer.id })
}

export async function tell(story) {
  const printer = await story.printer(3)
  const server = await story.server({ printers: [printer.host] })
  const { Ada, Mia, Gus, printers } = await organization(story, server, { Ada: 'admin', Mia: 'member', Gus: 'guest' }, [printer])
  const { url } = server
  const { version } = await call(Ada, url, 'GET', '/settings')
  await call(Ada, url, 'PUT', '/settings', { version, undo_window_s: 0 })
  const { id } = await sendByApi(Gus, url, 'Gear', printers[0])
  const backup = join(server.data, 'backup')
  await server.stop()
  copyDatabase(server.data, backup)

  // Life goes on after the backup: the job is approved and printed.
  await server.start()
  await approve(Mia, url, id)
  await jobBecomes(Mia, url, id, 'finished', 60)
  check('printed once', (await printer.ledger()).length === 1)
  await server.stop()
  copyDatabase(backup, server.data)
  await server.start()

  for (const person of [Gus, Mia, Ada]) {
    await person.page.goto(`${url}/jobs`)
    await reads(person.page.getByTestId('held-back'), /backup/)
    const button = await person.page.getByTestId('release').count()
    check(`${person.name} ${person.role === 'admin' ? 'may' : 'may not'} let it go on`, button === (person.role === 'admin' ? 1 : 0))
  }
  await Mia.page.goto(`${url}/printers`)
  await reads(Mia.page.getByTestId('held-back'), /backup/)
  await look(story, Ada, 'held-back')

  // The backup remembers the job as held. An approval puts it into the queue, and there it stays.
  await mark(Mia)
  await approve(Mia, url, id)
  await jobBecomes(Mia, url, id, 'queued')
  const { plate } = await call(Ada, url, 'GET', `/printers/${printers[0]}`)
  if (!plate.clear) await call(Ada, url, 'POST', `/printers/${printers[0]}/plate-clear`, { run: plate.run })
  await sleep(2500)
  check('nothing was started while it is held back', (await printer.ledger()).length === 1)
  await Ada.page.goto(`${url}/jobs/${id}`)
  await reads(Ada.page.getByTestId('job-page'), 'looked at the restored backup')

  await Ada.page.getByTestId('release').click()
  await until('the banner to go', async () => (await Ada.page.getByTestId('held-back').count()) === 0)
  await until('the banner to go on the page of a Member', async () => (await Mia.page.getByTestId('held-back').count()) === 0)
  await notReloaded(Mia)
  await jobBecomes(Mia, url, id, 'finished', 60)
  check('printed again, because a person said so', (await printer.ledger()).length === 2)
}
