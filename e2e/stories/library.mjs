// Library projects: a Guest prints from a project that nobody else sees, shares it in one click, and an approver's open page
// follows. An Admin sees no private project. Accessibility and pictures of the pages on the way.
import { look } from '../lib/look.mjs'
import { call, job, mark, notReloaded, organization, printFile, row, sendByApi, status } from '../lib/people.mjs'
import { check, reads, until } from '../lib/story.mjs'
import { team } from '../lib/teams.mjs'

export const title = 'a project: upload, print, nobody can approve, share, decide live; copy, Trash, what an Admin does not see'

export async function tell(story) {
  const printer = await story.printer(3)
  const server = await story.server({ printers: [printer.host] })
  const people = await organization(story, server, { Ada: 'admin', Mia: 'member', Gus: 'guest' }, [printer])
  const world = { story, server, url: server.url, ...people }
  await makesAProject(world)
  await uploads(world)
  await printsAndNobodyCanApprove(world)
  await asksInOneClick(world)
  await sharesAndItIsDecidable(world)
  await copiesAJob(world)
  await sharesByTheDialog(world)
  await versionsAndTrash(world)
}

async function makesAProject(world) {
  const { url, Gus, Ada } = world
  const { page } = Gus
  await page.goto(`${url}/jobs`)
  await page.getByRole('link', { name: 'Library' }).first().click()
  await page.waitForURL('**/library')
  await reads(page.locator('main'), 'No projects yet')
  await look(world.story, Gus, 'empty')
  await page.getByTestId('new-project').click()
  await page.getByTestId('save-project').click()
  await reads(page.getByTestId('project-dialog'), 'Give the project a name')
  await page.getByTestId('project-name').fill('Conveyor demo')
  await page.getByTestId('project-notes').fill('Print gears in white PLA.\nRollers need PETG.')
  await look(world.story, Gus, 'new')
  await page.getByTestId('save-project').click()
  await page.waitForURL(/\/library\/[0-9a-f-]{36}$/)
  world.project = page.url().split('/').at(-1)
  await reads(page.getByTestId('project-page'), 'Shared with nobody')
  await reads(page.getByTestId('notes'), 'Rollers need PETG')
  // For everybody else it is not there: not in the list, not by its address.
  await Ada.page.goto(`${url}/library`)
  await reads(Ada.page.locator('main'), 'No projects yet')
  await Ada.page.goto(`${url}/library/${world.project}`)
  await reads(Ada.page.locator('main'), 'There is nothing here')
}

async function uploads(world) {
  const { url, Gus } = world
  const { page } = Gus
  await page.goto(`${url}/library/${world.project}`)
  const model = { name: 'tray.stl', mimeType: 'model/stl', buffer: Buffer.from('solid tray\0 with zeros') }
  const wrong = { name: 'notes.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4') }
  const poem = { name: 'poem.gcode', mimeType: 'text/plain', buffer: Buffer.from('Roses are red.\n'.repeat(50)) }
  // The line breaks when the first of them is to be added: like each piece, it is tried again.
  let broken = 0
  await page.route('**/files', (route) => (route.request().method() === 'POST' && (broken += 1) === 1 ? route.abort() : route.fallback()))
  await page.getByTestId('project-input').setInputFiles([printFile('sprocket.gcode', 2000), model, wrong, poem])
  await until('two files', async () => (await page.getByTestId('file').count()) === 2, 30)
  await until('two refusals in words', async () => (await page.getByTestId('upload-error').count()) === 2)
  check('it was tried again', broken === 3, broken)
  await page.unrouteAll()
  const says = (await page.getByTestId('upload-error').allInnerTexts()).join(' | ')
  world.story.note(`refused: ${says}`)
  check('a wrong kind is refused in words', /notes\.pdf cannot be kept here/.test(says), says)
  check('a poem is refused in words', /G-code/.test(says), says)
  await reads(page.getByTestId('file').filter({ hasText: 'tray.stl' }), 'Slice it to print')
  check('a model cannot be printed', (await page.getByTestId('file').filter({ hasText: 'tray.stl' }).getByTestId('print').count()) === 0)
  await look(world.story, Gus, 'files')
}

async function printsAndNobodyCanApprove(world) {
  const { url, Gus } = world
  const { page } = Gus
  await page.getByTestId('file').filter({ hasText: 'sprocket.gcode' }).getByTestId('print').click()
  await reads(page.getByTestId('nobody-warning'), /in no team to share it with.*Ask .* to put you in a team/s)
  await look(world.story, Gus, 'print')
  await page.getByTestId('printer-option').first().check()
  await page.getByTestId('confirm-print-file').click()
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/)
  world.job = page.url().split('/').at(-1)
  await reads(page.getByTestId('nobody'), /put you in a team/)
  await reads(page.getByTestId('nobody'), /outside of the project/)
  await look(world.story, Gus, 'nobody-no-team')
  // The file comes along to where it is sent by itself.
  await page.getByTestId('send-outside').click()
  await reads(page.getByTestId('upload'), 'sprocket.gcode')
  await page.getByTestId('ticket').waitFor()
  await page.goto(`${url}/jobs/${world.job}`)
  world.team = await team(world.server, world.Mia, 'Mechatronics 2B', [world.Gus, world.Mia])
  await page.reload()
  await reads(page.getByTestId('nobody'), 'Share it with a team')
  await reads(page.getByTestId('share-fix'), 'Share with Mechatronics 2B')
  await look(world.story, Gus, 'nobody')
  check('the job waits', (await job(Gus, url, world.job)).status === 'needs_approval')
}

async function asksInOneClick(world) {
  const { url, Gus, Mia, Ada } = world
  await Mia.page.goto(`${url}/jobs`)
  await row(Mia, 'sprocket').locator('.pick').click()
  const review = Mia.page.getByTestId('review')
  await reads(review.getByTestId('locked'), 'library project that is not shared with you')
  check('there is nothing to approve', (await review.getByTestId('review-approve').count()) === 0)
  await look(world.story, Mia, 'locked')
  await reads(review.getByTestId('ask'), 'Ask Gus to share the project')
  await review.getByTestId('ask').click()
  await reads(Mia.page.getByTestId('toast'), 'Asked Gus')
  await reads(review.getByTestId('asked'), 'You asked Gus')
  check('it can be asked once', (await review.getByTestId('ask').count()) === 0)
  await Ada.page.goto(`${url}/jobs/${world.job}`)
  await reads(Ada.page.getByTestId('locked'), 'not shared with you')
  // The Guest hears of it, and finds the fix behind the notice.
  await Gus.page.goto(`${url}/notices`)
  await reads(Gus.page.getByTestId('notice'), 'Mia asks you to share the library project that sprocket came from')
  await Gus.page.getByTestId('notice').first().locator('a').click()
  await Gus.page.waitForURL(`**/jobs/${world.job}`)
  await reads(Gus.page.getByTestId('asked-by'), 'Mia asked you')
}

async function sharesAndItIsDecidable(world) {
  const { url, Gus, Mia, Ada } = world
  await mark(Mia)
  await mark(Ada)
  // Who would see it stands there before anything is pressed.
  await reads(Gus.page.getByTestId('fix-gain'), /Will see it: (Ada, Mia|Mia)/)
  await look(world.story, Gus, 'fix')
  await Gus.page.getByTestId('fix-team').click()
  await reads(Gus.page.getByTestId('toast'), 'is shared with Mechatronics 2B')
  await reads(Gus.page.getByTestId('approvers'), 'can approve it')
  // Both pages were open, and follow by themselves.
  const approve = Mia.page.getByTestId('review').getByTestId('review-approve')
  await approve.waitFor()
  await until('the Admin may decide', () => Ada.page.getByTestId('do-approve').isVisible())
  await notReloaded({ ...Mia, label: 'Mia' })
  await notReloaded({ ...Ada, label: 'Ada' })
  await approve.click()
  await reads(Mia.page.getByTestId('toast'), 'Approved')
  await reads(status(Gus), /Queued|Starting|Printing/)
  check('the job is approved', (await job(Gus, url, world.job)).decision.kind === 'approved')
  await Ada.page.goto(`${url}/library`)
  await reads(Ada.page.getByTestId('project'), 'Conveyor demo')
}

async function copiesAJob(world) {
  const { url, Gus, Mia } = world
  const sent = await sendByApi(Gus, url, 'Bracket', world.printers[0])
  await call(Mia, url, 'POST', '/projects', { name: 'Spare parts' })
  await Mia.page.goto(`${url}/jobs/${sent.id}`)
  await Mia.page.getByTestId('menu').click()
  await Mia.page.getByTestId('menu-copy_to_project').click()
  const dialog = Mia.page.getByTestId('copy-dialog')
  await dialog.getByText('Spare parts').click()
  await reads(dialog.getByTestId('copy-effect'), 'Nobody gains access')
  await look(world.story, Mia, 'copy')
  await dialog.getByTestId('confirm-copy').click()
  await reads(Mia.page.getByTestId('toast'), 'Copied Bracket to Spare parts')
  check('the job still waits', (await job(Mia, url, sent.id)).status === 'needs_approval')
  await Mia.page.getByTestId('toast').getByRole('link', { name: 'Open' }).click()
  await reads(Mia.page.getByTestId('file'), 'By Gus, from a print job')
}

async function sharesByTheDialog(world) {
  const { url, Mia, Gus } = world
  await Gus.page.goto(`${url}/library`)
  await reads(Gus.page.locator('main'), 'Conveyor demo')
  await Mia.page.getByTestId('share').click()
  const dialog = Mia.page.getByTestId('share-dialog')
  await savesOnlyWhatIsShown(world, dialog)
  await look(world.story, Mia, 'share')
  await dialog.getByTestId('save-shares').click()
  // The Guest's open list follows, in both directions.
  await reads(Gus.page.locator('main'), 'Spare parts')
  await Mia.page.getByTestId('share').click()
  await dialog.getByTestId('share-organization').uncheck()
  await reads(dialog.getByTestId('share-effect'), /Will not see it any more: Ada, Gus/)
  await dialog.getByTestId('save-shares').click()
  await until('the project to leave the Guest', async () => !(await Gus.page.locator('main').innerText()).includes('Spare parts'))
}

/** Saving waits for the consequence of exactly this choice; one that does not come says so and can be asked for again. */
async function savesOnlyWhatIsShown({ story, Mia }, dialog) {
  const { page } = Mia
  const effect = dialog.getByTestId('share-effect')
  const save = dialog.getByTestId('save-shares')
  const organization = dialog.getByTestId('share-organization')
  const asked = []
  await page.route('**/shares/effect', (route) => void asked.push(route))
  check('without a change there is nothing to save', await save.isDisabled())
  await organization.check()
  await until('the consequence to be asked for', () => asked.length === 1)
  check('nothing is saved before it is there', await save.isDisabled())
  await reads(effect, 'Finding out who gains')
  await asked[0].fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify({ code: 'internal', status: 500, title: 'Broken' }) })
  for (const again of [1, 2]) {
    await until('to be asked again', () => asked.length === again + 1)
    await asked[again].abort()
  }
  await reads(effect, 'Try again')
  check('nothing is saved without it', await save.isDisabled())
  await look(story, Mia, 'share-failed')
  await dialog.getByRole('button', { name: 'Try again' }).click()
  await until('to be asked by hand', () => asked.length === 4)
  await asked[3].continue()
  await reads(effect, /Will see it: Ada, Gus/)
  check('now it can be saved', await save.isEnabled())
  // Another choice: what was said of the one before is no leave to save.
  const team = dialog.getByTestId('share-team').first()
  await team.check()
  await until('the other consequence to be asked for', () => asked.length === 5)
  check('nothing is saved under the consequence of another choice', await save.isDisabled())
  await asked[4].continue()
  await until('this one to be shown', () => save.isEnabled())
  await page.unroute('**/shares/effect')
  await team.uncheck()
  await until('the first choice to be shown', () => save.isEnabled())
  await reads(effect, /Will see it: Ada, Gus/)
}

async function versionsAndTrash(world) {
  const { url, Gus, Mia } = world
  const { page } = Gus
  await page.goto(`${url}/library/${world.project}`)
  await page.getByTestId('project-input').setInputFiles(printFile('sprocket.gcode'))
  const card = page.getByTestId('file').filter({ hasText: 'sprocket.gcode' })
  await reads(card, 'Version 2')
  await card.getByTestId('file-menu').click()
  await page.getByTestId('versions').click()
  await until('both versions', async () => (await page.getByTestId('version').count()) === 2)
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId('version').last().getByRole('link').click(),
  ])
  check('an older version comes under its name', file.suggestedFilename() === 'sprocket.gcode', file.suggestedFilename())
  await page.getByRole('button', { name: 'Close' }).click()
  await card.getByTestId('file-menu').click()
  await page.getByTestId('remove-file').click()
  await reads(page.getByTestId('toast'), 'in the Trash')
  await until('one file left', async () => (await page.getByTestId('file').count()) === 1)
  await page.getByTestId('toast').getByRole('button', { name: 'Undo' }).click()
  await until('both files again', async () => (await page.getByTestId('file').count()) === 2)
  await page.getByTestId('tab-jobs').click()
  await reads(page.getByTestId('job-row'), 'sprocket')
  await look(world.story, Gus, 'jobs')
  await page.getByTestId('tab-people').click()
  await until('three people', async () => (await page.getByTestId('viewer').count()) === 3)
  await look(world.story, Gus, 'people')
  // Away and back, with its shares.
  await Mia.page.goto(`${url}/library/${world.project}`)
  await reads(Mia.page.getByTestId('project-page'), 'Conveyor demo')
  await page.getByTestId('project-menu').click()
  await page.getByTestId('remove-project').click()
  await page.waitForURL('**/library')
  await reads(Mia.page.locator('main'), 'There is nothing here')
  await page.getByTestId('toast').getByRole('button', { name: 'Undo' }).click()
  await reads(page.getByTestId('project'), 'Shared with Mechatronics 2B')
  await look(world.story, Gus, 'list')
}
