// The dashboard at /: the files that the build made of web/, served with their caching and policies.
#pragma once

#include <span>

#include "base/embedded_file.h"
#include "net/http.h"

namespace vestnik::app {

// A route for each of `files` that stands under web/ ("web/index.html" is at /). Names with a hash in them
// (web/assets/) may be kept for ever, the others are asked for again by their ETag. A file that has a
// compressed twin ("….gz") is answered with it where the client takes gzip. The files must outlive the
// router.
void add_page_routes(net::Router& router, std::span<const EmbeddedFile> files);

}  // namespace vestnik::app
