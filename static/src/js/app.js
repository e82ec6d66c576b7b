// Starts the components that stand on the page. Everything works without this file.
import { initAll } from './govuk-frontend.js'
import { startAutocompletes } from './autocomplete.js'
import { startAutosave } from './autosave.js'
import { startDuplicates } from './duplicates.js'
import { startPolling } from './poll.js'

initAll()
startAutocompletes()
startAutosave()
startDuplicates()
startPolling()
