// From an empty data folder to a print that a Guest sent, a Member approved and a real OctoPrint made.
import { octoprint } from '../lib/octoprint.mjs'
import { accept, addPrinter, clearPlate, invite, mark, notReloaded, printFile, row, sendJob, setUp, status } from '../lib/people.mjs'
import { freePort } from '../lib/processes.mjs'
import { check, reads, until } from '../lib/story.mjs'

export const title = 'set up, add OctoPrint, invite; a Guest sends, a Member approves, it prints'
export const seconds = 600

export async function tell(story) {
  const closed = await freePort()
  const server = await story.server({ printers: [octoprint.host, `127.0.0.1:${closed}`] })
  const { url } = server
  const real = await octoprint.watch(story)

  const ada = await story.person('Ada')
  await setUp(ada, await server.setupLink(), 'Harbour Lab', 'Ada Admin')

  // Test says what is wrong before anything is saved.
  const { page } = ada
  await page.getByTestId('printer-name').fill('Bench 1')
  await page.getByTestId('printer-address').fill(`http://127.0.0.1:${closed}`)
  await page.getByTestId('printer-key').fill('not-the-key')
  await page.getByTestId('test-printer').click()
  story.note(`closed port: ${(await reads(page.getByTestId('test-result'), /\w/)).replace(/\s+/g, ' ')}`)
  await page.getByTestId('printer-address').fill(octoprint.url)
  await page.getByTestId('test-printer').click()
  story.note(`wrong key: ${(await reads(page.getByTestId('test-result'), /key/i)).replace(/\s+/g, ' ')}`)
  const printer = await addPrinter(ada, url, { name: 'Bench 1', address: octoprint.url, key: octoprint.key })
  await reads(page.getByTestId('printer-page'), 'Shared with the whole organization')
  await clearPlate(ada)
  await reads(page.getByTestId('status'), 'Ready')

  const gus = await story.person('Gus')
  await accept(gus, await invite(ada, url, 'guest'), 'Gus Guest')
  const mia = await story.person('Mia')
  await accept(mia, await invite(ada, url, 'member'), 'Mia Member')
  await mia.page.getByTestId('empty').waitFor()
  await mark(mia)

  // A slow line, so that the progress can be seen.
  const line = await gus.context.newCDPSession(gus.page)
  const speed = (bytes) =>
    line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytes })
  await line.send('Network.enable')
  await speed(100_000)
  await sendJob(gus, url, printFile('small_square.gcode', 700), {
    name: 'Small square',
    note: 'For the door sign.',
    uploading: async (at) => {
      story.note(`progress: ${await reads(at.getByTestId('upload-progress'), / of .* left/, 30)}`)
      await speed(-1)
      await reads(at.getByTestId('upload-progress'), /^[\d.,]+.[kM]B$/, 60)
    },
  })
  await reads(status(gus), 'Needs approval')
  await reads(gus.page.getByTestId('approvers'), 'Mia Member')
  story.note(`who can approve: ${(await reads(gus.page.getByTestId('approvers'), 'Ada Admin')).replace(/\s+/g, ' ')}`)
  await mark(gus)

  await row(mia, 'Small square').waitFor()
  await reads(mia.page.getByTestId('badge'), '1')
  check('nothing was sent to the printer before the approval', real.files('Upload').length === 0)
  await row(mia, 'Small square').getByTestId('approve').click()
  await mia.page.getByTestId('toast-undo').waitFor()
  await reads(mia.page.getByTestId('toast'), 'Approved Small square')
  await notReloaded(mia)
  await reads(status(gus), 'Queued')

  const [file] = await until('OctoPrint to print', () => real.files('PrintStarted').length && real.files('PrintStarted'), 40)
  check('it has the name of its attempt', file.startsWith('imp-'), file)
  await until('OctoPrint to say so', async () => {
    const now = await octoprint.job()
    check('it is what OctoPrint prints now', now.job.file.name === file && now.state === 'Printing', now)
    return true
  })
  await reads(status(gus), 'Printing', 20)
  await until('OctoPrint to finish', () => real.files('PrintDone').includes(file), 60)
  await reads(gus.page.getByTestId('job-page'), /Finished/, 20)
  await reads(status(gus), 'Clear the plate')
  await notReloaded(gus)

  // Who decided and what happened, for everybody.
  await mia.page.getByTestId('tab-history').click()
  await row(mia, 'Small square').locator('.pick').click()
  await reads(mia.page.getByTestId('job-page'), /Approved by Mia Member/)
  await reads(mia.page.getByTestId('record'), /Mia Member/)
  const timeline = await reads(mia.page.getByTestId('timeline'), /Mia Member approved/)
  check('the timeline begins with the Guest', /Gus Guest/.test(timeline.trim().split('\n').slice(-4).join(' ')), timeline)
  story.note(`timeline: ${timeline.replace(/\s+/g, ' ')}`)

  // The plate is clear when a person says so.
  await mia.page.goto(`${url}/printers/${printer}`)
  await clearPlate(mia)
  await reads(mia.page.getByTestId('status'), 'Ready')
  await reads(status(gus), 'Finished')
  await notReloaded(gus)
  for (const type of ['Upload', 'PrintStarted', 'PrintDone']) {
    check(`${type} happened once`, real.files(type).length === 1, real.files(type))
  }
  story.note(`OctoPrint printed ${file} once`)
}
