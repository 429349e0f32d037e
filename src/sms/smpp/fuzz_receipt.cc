// A receipt's text and ids: whatever comes, what goes into the ledger is short and printable.
#include <cstdint>
#include <cstdlib>

#include "sms/smpp/receipt.h"

using namespace vestnik::sms::smpp;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(std::string_view text) {
  for (char c : text) require(c >= 0x20 && c < 0x7F);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto receipt = parse_receipt_text(input)) {
    require(!receipt->message_id.empty() && receipt->answer.size() <= 64);
    check(receipt->answer);
  }
  for (IdForm form : {IdForm::text, IdForm::hex, IdForm::decimal}) {
    const std::string id = normalize_id(input, form);
    require(id.size() <= message_id_bytes_max);
    check(id);
    if (form == IdForm::text) require(normalize_id(id, form) == id);
  }
  return 0;
}
