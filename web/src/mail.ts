// The document in which an e-mail is shown: it gets the HTML by a message and puts it in its body. It has an opaque origin and a
// policy of its own (src/app/page.cc): the mail's styles count here, its scripts, forms, frames and pictures from elsewhere don't.
export {};

const refused = 'script, iframe, frame, object, embed, form, base, meta, link, template, noscript';

addEventListener('message', (event: MessageEvent<{html?: unknown}>) => {
  if (event.source !== parent || typeof event.data?.html !== 'string') return;
  const mail = new DOMParser().parseFromString(event.data.html, 'text/html');
  for (const element of mail.querySelectorAll(refused)) element.remove();
  for (const link of mail.querySelectorAll<HTMLAnchorElement>('a[href], area[href]')) {
    link.title = link.getAttribute('href') ?? '';
    link.removeAttribute('href');
  }
  // <style> stands in the head of most mails; attributes of its body carry colours.
  document.head.querySelectorAll('style').forEach((style) => style.remove());
  document.head.append(...mail.head.querySelectorAll('style'));
  document.body.replaceWith(document.adoptNode(mail.body));
  tellHeight();
  new ResizeObserver(tellHeight).observe(document.body);
});

function tellHeight(): void {
  // What the content takes: scrollHeight is never less than the frame.
  parent.postMessage({height: document.documentElement.getBoundingClientRect().height}, '*');
}

parent.postMessage({ready: true}, '*');
