// All notifications that a filter finds, as a file that is made while it is
// sent.
#pragma once

#include "analytics/queries.h"
#include "net/http.h"
#include "store/timeline.h"

namespace vestnik::analytics {

// Answers once the first page is there: 503 where the store can't give it. One
// that fails later cuts the file, so that it isn't taken for whole. `timeline`
// must outlive the answer's body.
void export_notifications(store::Timeline& timeline, ExportForm form, net::Respond respond);

}  // namespace vestnik::analytics
