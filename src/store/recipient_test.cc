#include "store/recipient.h"

#include <gtest/gtest.h>

namespace vestnik::store {
namespace {

TEST(Recipient, IsMaskedToWhatOneRecognises) {
  EXPECT_EQ(masked_recipient("anna@example.com"), "a•••@example.com");
  EXPECT_EQ(masked_recipient("a@example.com"), "a•••@example.com");
  EXPECT_EQ(masked_recipient("ёлка@example.com"), "ё•••@example.com");
  EXPECT_EQ(masked_recipient("\"a@b\"@example.com"), "\"•••@example.com");
  EXPECT_EQ(masked_recipient("@"), "•••@");
  EXPECT_EQ(masked_recipient("+79161234567"), "+7•••••4567");
  EXPECT_EQ(masked_recipient("+1234567"), "•••••");
  EXPECT_EQ(masked_recipient("not a number"), "•••••");
  EXPECT_EQ(masked_recipient(""), "");
}

TEST(Recipient, DigestsAreTheSameForTheSameRecipient) {
  EXPECT_EQ(recipient_digest("Anna@Example.COM"), recipient_digest("anna@example.com"));
  EXPECT_EQ(recipient_digest("+7 (916) 123-45-67"), recipient_digest("+79161234567"));
  EXPECT_NE(recipient_digest("+79161234567"), recipient_digest("+79161234568"));
  EXPECT_NE(recipient_digest("a1@example.com"), recipient_digest("a2@example.com"));
  EXPECT_EQ(recipient_digest(""), 0);
  EXPECT_NE(recipient_digest("?"), 0);
}

}  // namespace
}  // namespace vestnik::store
