#include "core/digest.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

// The examples of FIPS 180-4: one block, none, and two.
TEST_CASE("the digest of bytes is SHA-256") {
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("the digest of a file is that of its bytes") {
  const TemporaryFolder folder;
  const std::string long_text(200'000, 'x');  // more than is read at once
  CHECK(file_sha256(folder.write("abc", "abc")) == sha256("abc"));
  CHECK(file_sha256(folder.write("long", long_text)) == sha256(long_text));
  CHECK_THROWS_WITH_AS(file_sha256(folder.path() / "none"),
                       ((folder.path() / "none").string() + ": cannot be read").c_str(), InputError);
}

}  // namespace
}  // namespace twinfer
