#include "analytics/export.h"

#include <memory>
#include <utility>

#include "analytics/notification_json.h"
#include "net/http_api.h"

namespace vestnik::analytics {
namespace {

constexpr std::size_t page_rows = 500;

std::string written(const store::NotificationPage& page, ExportFormat format) {
  std::string text;
  text.reserve(page.notifications.size() * 400 + 16);
  for (const store::NotificationView& view : page.notifications) {
    if (format == ExportFormat::csv) {
      append_csv(text, view);
    } else {
      text += json::serialize(to_json(view));
      text += '\n';
    }
  }
  return text;
}

// Also what a page of the store finds that comes when nobody wants it any more.
struct Place {
  store::Timeline& timeline;
  const ExportForm form;
  std::string cursor;  // of the page after `text`; empty: there is none
  std::string text;    // made, and not yet given
};

class Source final : public net::BodySource {
 public:
  explicit Source(std::shared_ptr<Place> place) : place_(std::move(place)) {}

  void next(Give give) override {
    if (!place_->text.empty() || place_->cursor.empty()) return give(piece(*place_));
    place_->timeline.search(place_->form.filter, place_->cursor, page_rows,
                            [place = place_, give = std::move(give)](auto page) mutable {
                              if (!page) return give({.kind = net::BodyPiece::Kind::broken});
                              take(*place, *page);
                              give(piece(*place));
                            });
  }

  static void take(Place& place, store::NotificationPage& page) {
    place.text += written(page, place.form.format);
    place.cursor = std::move(page.next);
  }

 private:
  static net::BodyPiece piece(Place& place) {
    return {.kind = place.cursor.empty() ? net::BodyPiece::Kind::end : net::BodyPiece::Kind::more,
            .bytes = std::exchange(place.text, {})};
  }

  std::shared_ptr<Place> place_;
};

net::HttpResponse answer(std::shared_ptr<Place> place) {
  const bool csv = place->form.format == ExportFormat::csv;
  net::HttpResponse response{.content_type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson"};
  response.headers = {{"Content-Disposition", std::string("attachment; filename=\"notifications.") +
                                                  (csv ? "csv" : "ndjson") + "\""},
                      {"Cache-Control", "no-store"}};
  response.source = std::make_unique<Source>(std::move(place));
  return response;
}

}  // namespace

void export_notifications(store::Timeline& timeline, ExportForm form, net::Respond respond) {
  const auto place = std::make_shared<Place>(Place{.timeline = timeline, .form = std::move(form)});
  if (place->form.format == ExportFormat::csv) place->text = csv_head();
  timeline.search(place->form.filter, "", page_rows,
                  [place, respond = std::move(respond)](auto page) mutable {
                    if (!page) return respond(net::store_unavailable());
                    Source::take(*place, *page);
                    respond(answer(place));
                  });
}

}  // namespace vestnik::analytics
