// Sets the theme before first paint. Kept tiny and separate from the app bundle because it blocks rendering.
(function () {
  var choice = null
  try {
    choice = localStorage.getItem('imprimatur.theme')
  } catch {
    // Storage can be blocked; the system theme is then used.
  }
  var dark = window.matchMedia('(prefers-color-scheme: dark)').matches
  var theme = choice === 'light' || choice === 'dark' ? choice : dark ? 'dark' : 'light'
  document.documentElement.dataset.theme = theme
})()
