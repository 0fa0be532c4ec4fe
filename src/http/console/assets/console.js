// Makes the pages nicer. They work without it.
'use strict';

// A form is sent once, however often its button is pressed.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener('submit', event => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = 'yes';
    // Where the server cannot be reached, the browser puts its error in the place of a page of the same address, and the
    // back button would lead past that page.
    if (form.action === window.location.href) form.action += '#';
  });
}
// The back button shows a page as it was left: it may send its forms again.
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
});

// The back button and a reload show a page that answers a form, and do not send the form again: unless all that was typed
// stands on that page alone.
if (!document.querySelector('[data-kept]')) {
  window.history.replaceState(null, '', window.location.href.replace(/#$/, ''));
}
