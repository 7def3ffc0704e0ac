// response_mode=form_post: sends the answer to the application as soon as the page is there.
"use strict";

document.querySelector("form[data-submit]")?.submit();
