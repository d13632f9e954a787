document.addEventListener('click', (event) => {
  if (event.target.closest('[data-ask]')) window.kezhan?.('open')
})
