// "Why not?": both questions of the approval guide are answered where a person asks them, by a Guest and by a Member. What is
// blocked says why and asks whoever can change it, in one click and by the keyboard alone; they hear of it at once.
import { spawnSync } from 'node:child_process'
import { Keyboard } from '../lib/keyboard.mjs'
import { look } from '../lib/look.mjs'
import { call, mark, notReloaded, organization, printFile, row, sendByApi, status } from '../lib/people.mjs'
import { binary } from '../lib/processes.mjs'
import { check, reads, until } from '../lib/story.mjs'

export const title = 'why not: who can approve, what is not shared, what the plan lacks; asked in one click, by keyboard'

export async function tell(story) {
  const printer = await story.printer(3)
  const server = await story.server({ printers: [printer.host] })
  const people = await organization(story, server, { Ada: 'admin', Mia: 'member', Gus: 'guest' }, [printer])
  const world = { story, server, url: server.url, ...people }
  await whyIsMyJobNotApproved(world)
  await whyCanNobodyApproveIt(world)
  await whyCanINotApproveThis(world)
  await whyCanINotTurnItOn(world)
  await aProjectOfSomebodyElse(world)
  await notInThePlan(world)
}

/** What was open gives the focus back a moment after it is gone. */
const focusIsBack = (keys, name) =>
  until('the focus to be back where it was', async () => {
    const back = await keys.stop()
    check('it is at', name.test(back.name), back.name)
    return true
  })

/** "Why are my print jobs not getting approved?" The Guest reads who can, and asks them. */
async function whyIsMyJobNotApproved(world) {
  const { story, url, Gus, Mia, Ada, printers } = world
  const sent = await sendByApi(Gus, url, 'Sprocket 22T', printers[0])
  await Mia.page.goto(`${url}/printers`)
  await Mia.page.getByTestId('notices').first().waitFor()
  await mark(Mia)
  const { page } = Gus
  await page.goto(`${url}/jobs`)
  check('a Guest is offered nothing to approve, and no lock', (await row(Gus, 'Sprocket').getByTestId('why-not').count()) === 0)
  await page.goto(`${url}/jobs/${sent.id}`)
  const card = page.getByTestId('approvers')
  await reads(card, /Mia or Ada can approve it|Ada or Mia can approve it/)
  await reads(card.getByTestId('ask'), 'Ask Mia and Ada to approve it')
  await look(story, Gus, 'guest-waits')
  const keys = await Keyboard.of(Gus)
  await keys.to('ask')
  await keys.press('Enter')
  await reads(page.getByTestId('toast'), 'Asked Mia and Ada')
  await reads(card.getByTestId('asked'), 'You asked Mia and Ada')
  check('it can be asked once', (await card.getByTestId('ask').count()) === 0)
  await keys.kept('asking')
  await look(story, Gus, 'guest-asked')
  // The Member's open page hears of it; the notice leads to the job.
  await reads(Mia.page.getByTestId('notices').first(), '1')
  await notReloaded({ ...Mia, label: 'Mia' })
  await Mia.page.goto(`${url}/notices`)
  await reads(Mia.page.getByTestId('notice'), 'Gus asks you to approve Sprocket 22T.')
  await look(story, Mia, 'notice')
  await Mia.page.getByTestId('notice').first().locator('a').click()
  await Mia.page.waitForURL(`**/jobs/${sent.id}`)
  await Mia.page.getByTestId('do-approve').click()
  await reads(status(Gus), /Queued|Starting|Printing/)
  await Ada.page.goto(`${url}/notices`)
  await reads(Ada.page.getByTestId('notice'), 'Gus asks you to approve Sprocket 22T.')
}

/** From a project that nobody sees, by a Guest in no team: the way out is one click, too (CMP-03). */
async function whyCanNobodyApproveIt(world) {
  const { story, url, Gus, Ada, printers } = world
  const project = await call(Gus, url, 'POST', '/projects', { name: 'Own gears' })
  const file = printFile('gear.gcode')
  const upload = await call(Gus, url, 'POST', '/uploads', { name: file.name, size: file.buffer.length, project: project.id })
  await call(Gus, url, 'PUT', `/uploads/${upload.id}?offset=0`, file.buffer)
  const added = await call(Gus, url, 'POST', `/projects/${project.id}/files`, { upload: upload.id })
  const sent = await call(Gus, url, 'POST', `/projects/${project.id}/files/${added.id}/print`, { printer: printers[0], name: 'Gear of a project' })
  Object.assign(world, { project: project.id, locked: sent.id })
  const { page } = Gus
  await page.goto(`${url}/jobs/${sent.id}`)
  const card = page.getByTestId('stuck')
  await reads(card.getByTestId('nobody'), 'its library project is not shared')
  await reads(card.getByTestId('ask'), 'Ask Ada to put you in a team')
  await look(story, Gus, 'guest-no-team')
  await card.getByTestId('ask').click()
  await reads(card.getByTestId('asked'), 'You asked Ada')
  // The share dialog offers nothing that their role never can, and the same request.
  await page.goto(`${url}/library/${project.id}`)
  await page.getByTestId('share').click()
  await reads(page.getByTestId('no-teams'), 'You are in no team to share with.')
  await reads(page.getByTestId('no-teams').getByTestId('asked'), 'You asked Ada')
  check('the whole organization is hidden by role', (await page.getByTestId('share-organization').count()) === 0)
  await look(story, Gus, 'guest-share')
  await page.keyboard.press('Escape')
  await page.goto(`${url}/teams`)
  await reads(page.locator('main'), 'You are in no team')
  await reads(page.getByTestId('asked'), 'You asked Ada')
  await look(story, Gus, 'guest-teams')
  await Ada.page.goto(`${url}/notices`)
  await Ada.page.getByTestId('notice').filter({ hasText: 'Gus asks to be put in a team' }).locator('a').click()
  await Ada.page.waitForURL('**/teams')
}

/** "How come I see print jobs that I cannot approve?" In the row, in the menu and at the job, by the keyboard alone. */
async function whyCanINotApproveThis(world) {
  const { story, url, Mia, Gus, locked } = world
  const { page } = Mia
  await page.goto(`${url}/jobs`)
  await row(Mia, 'Gear of a project').waitFor()
  const keys = await Keyboard.of(Mia)
  await keys.to(/^Approve Gear of a project: why not\?$/)
  await keys.press('Enter')
  const open = page.locator('.whynot')
  await reads(open.getByTestId('why'), 'comes from a library project that is not shared with you. Ask Gus to share the project with you.')
  await reads(open.getByTestId('ask'), 'Ask Gus to share the project')
  await look(story, Mia, 'member-row')
  await keys.press('Escape')
  await open.waitFor({ state: 'detached' })
  await focusIsBack(keys, /why not\?$/)
  // The menu's blocked entry is no dead end.
  await keys.to(/^More actions for Gear of a project$/)
  await keys.press('Enter')
  await page.getByTestId('menu-reprint').waitFor()
  await reads(page.getByTestId('menu-reprint'), 'not shared with you')
  await look(story, Mia, 'member-menu', { menu: true })
  await until('Reprint to be highlighted', async () => {
    await keys.press('ArrowDown')
    return (await page.getByTestId('menu-reprint').getAttribute('data-highlighted')) !== null
  })
  await keys.press('Enter')
  const dialog = page.getByTestId('why-not-dialog')
  await reads(dialog.getByTestId('why'), 'Ask Gus to share the project with you')
  await look(story, Mia, 'member-dialog')
  await keys.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await keys.kept('the dialog')
  // At the job itself: asked by Enter, and every place says so.
  await page.goto(`${url}/jobs/${locked}`)
  await page.getByTestId('job-page').waitFor()
  await look(story, Mia, 'member-job')
  await keys.to(/^Approve: why not\?$/)
  await keys.press('Enter')
  await open.getByTestId('ask').waitFor()
  await keys.to('ask')
  await keys.press('Enter')
  await reads(open.getByTestId('asked'), 'You asked Gus')
  await keys.press('Escape')
  await reads(page.getByTestId('locked').getByTestId('asked'), 'You asked Gus')
  check('nothing was decided by asking', (await call(Mia, url, 'GET', `/print-jobs/${locked}`)).status === 'needs_approval')
  await Gus.page.goto(`${url}/notices`)
  await reads(Gus.page.getByTestId('notice'), 'Mia asks you to share the library project that Gear of a project came from.')
}

/** "Why can't I activate the print job approval?" */
async function whyCanINotTurnItOn(world) {
  const { story, url, Mia, Ada } = world
  const { page } = Mia
  await page.goto(`${url}/permissions`)
  const note = page.getByTestId('why-not-settings')
  await reads(note, 'Only an Admin can')
  check('the switch cannot be turned', await page.getByTestId('approval-switch').isDisabled())
  await look(story, Mia, 'member-permissions')
  const keys = await Keyboard.of(Mia)
  await keys.to('ask')
  await keys.press('Enter')
  await reads(note.getByTestId('asked'), 'You asked Ada')
  await Ada.page.goto(`${url}/notices`)
  await reads(Ada.page.getByTestId('notice'), /Mia asks for your help with this: Turn print job approval on and off\./)
}

/** A Guest in a project of a Member: what is not theirs to change is locked, what their role never can is not there. */
async function aProjectOfSomebodyElse(world) {
  const { story, url, Mia, Gus } = world
  const project = await call(Mia, url, 'POST', '/projects', { name: 'Class work' })
  const file = printFile('plate.gcode')
  const upload = await call(Mia, url, 'POST', '/uploads', { name: file.name, size: file.buffer.length, project: project.id })
  await call(Mia, url, 'PUT', `/uploads/${upload.id}?offset=0`, file.buffer)
  await call(Mia, url, 'POST', `/projects/${project.id}/files`, { upload: upload.id })
  const shares = await call(Mia, url, 'GET', `/projects/${project.id}/shares`)
  await call(Mia, url, 'PUT', `/projects/${project.id}/shares`, { organization: true, teams: [], shown: shares.shown })
  const { page } = Gus
  await page.goto(`${url}/library/${project.id}`)
  await page.getByTestId('project-page').waitFor()
  const keys = await Keyboard.of(Gus)
  await keys.to(/^Upload files: why not\?$/)
  await keys.press('Enter')
  const open = page.locator('.whynot')
  await reads(open.getByTestId('why'), 'This is not your own, so you cannot upload files to a library project. Ask Mia or an Admin.')
  await reads(open.getByTestId('ask'), 'Ask Mia and Ada')
  await look(story, Gus, 'guest-project')
  await keys.to('ask')
  await keys.press('Enter')
  await reads(open.getByTestId('asked'), 'You asked Mia and Ada')
  await keys.press('Escape')
  await open.waitFor({ state: 'detached' })
  await focusIsBack(keys, /^Upload files: why not/)
  // The notes, and a file of the project: the same refusal, not an empty place.
  await page.getByRole('button', { name: 'Edit name and notes: why not?' }).click()
  await reads(open.getByTestId('why'), 'This is not your own')
  await page.keyboard.press('Escape')
  await open.waitFor({ state: 'detached' })
  await page.getByTestId('file-menu').click()
  await reads(page.getByTestId('remove-file'), 'This is not your own')
  await page.getByTestId('remove-file').click()
  await reads(page.getByTestId('why-not-dialog'), 'This is not your own')
  await page.keyboard.press('Escape')
  check('the file is still there', (await page.getByTestId('file').count()) === 1)
  await page.getByTestId('project-menu').click()
  await reads(page.getByTestId('edit-project'), 'This is not your own')
  check('the report is hidden by role', (await page.getByTestId('report').count()) === 0)
  await look(story, Gus, 'guest-project-menu', { menu: true })
  await page.getByTestId('remove-project').click()
  await reads(page.getByTestId('why-not-dialog'), 'This is not your own')
  await page.keyboard.press('Escape')
  await Mia.page.goto(`${url}/notices`)
  await Mia.page.getByTestId('notice').filter({ hasText: 'Gus asks for your help with Class work' }).locator('a').click()
  await Mia.page.waitForURL(`**/library/${project.id}`)
}

/** Only the Guest is frozen: what is said is true, who can help is named, and withdrawing still works (AMB-38). */
async function isFrozen({ story, url, Gus, Mia, locked }) {
  const { page } = Gus
  await page.goto(`${url}/printers`)
  const banner = page.getByTestId('frozen-guest')
  await reads(banner, 'The plan of Harbour Lab has no Guests any more.')
  await reads(banner, 'can withdraw your print jobs, but you cannot send any. An Admin can help')
  await reads(banner.getByTestId('ask'), 'Ask Ada')
  await look(story, Gus, 'frozen-printers')
  await Mia.page.goto(`${url}/printers`)
  await Mia.page.getByTestId('printer-card').first().waitFor()
  check('nobody else is told to be frozen', (await Mia.page.getByTestId('frozen-guest').count()) === 0)
  await page.goto(`${url}/jobs/${locked}`)
  await page.getByTestId('withdraw').click()
  await page.getByTestId('confirm-withdraw').click()
  await reads(status(Gus), 'Withdrawn')
}

/** The operator takes the plan away: a Guest reads why nothing can be sent, an Admin which plans have it. */
async function notInThePlan(world) {
  const { story, server, Gus, Ada } = world
  const { organization: org } = await call(Ada, server.url, 'GET', '/session')
  await server.stop()
  const done = spawnSync(binary, ['admin', '--data', server.data, 'plan', org.id, 'essentials'], { encoding: 'utf8' })
  check('the operator changes the plan', done.status === 0, done.stderr)
  await server.start()
  const { url } = server
  const { page } = Gus
  await isFrozen(world)
  await page.goto(`${url}/jobs`)
  const keys = await Keyboard.of(Gus)
  await keys.to(/^New print job: why not\?$/)
  await keys.press('Enter')
  await reads(page.locator('.whynot').getByTestId('why'), 'has no Guests')
  await look(story, Gus, 'frozen-jobs')
  await page.goto(`${url}/jobs/new`)
  await reads(page.getByTestId('frozen'), 'changes the plan to Professional, Excellence or Education.')
  check('nothing is offered to send', (await page.getByTestId('send').count()) === 0)
  await page.getByTestId('frozen').getByTestId('ask').click()
  await reads(page.getByTestId('frozen').getByTestId('asked'), 'You asked Ada')
  await look(story, Gus, 'frozen-new')
  await Ada.page.goto(`${url}/organization`)
  const role = Ada.page.getByTestId('person').filter({ hasText: 'Mia' }).getByTestId('role-select')
  await until('the choice to name the plans', async () => (await role.innerText()).includes('Guest (on Professional, Excellence, Education)'))
  await look(story, Ada, 'plan-organization')
  await Ada.page.goto(`${url}/permissions`)
  await reads(Ada.page.getByTestId('why-not-settings'), 'needs the plan Professional, Excellence or Education')
  check('an Admin asks nobody for a plan: it is the operator who changes it', (await Ada.page.getByTestId('ask').count()) === 0)
  await look(story, Ada, 'plan-permissions')
}
