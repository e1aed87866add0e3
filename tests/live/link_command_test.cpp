#include "live/link_command.h"

#include <filesystem>

#include <doctest/doctest.h>

#include "core/error.h"
#include "core/whole_file.h"
#include "tests/support/temporary_folder.h"

using namespace twinfer;

TEST_CASE("the command gets the link and its bits per second behind its own arguments") {
  const TemporaryFolder folder;
  const std::string script = (folder / "s.sh").string();
  write_whole_file(script, "echo \"$2 $3\" >> $1\n");
  LinkCommand command("sh " + script + " " + (folder / "told").string());
  command.change("up link", BytesPerSecond(125000));
  CHECK(command.error().empty());
  CHECK(folder.read("told") == "up link 1000000\n");
}

TEST_CASE("a command that fails, or is none, is told of once it was waited for") {
  LinkCommand fails("false");
  fails.change("l", BytesPerSecond(1));
  CHECK(fails.error() == "false l 8: ended with 1");
  CHECK(fails.error().empty());
  CHECK_THROWS_WITH_AS(LinkCommand("  "), "--on-bandwidth: `  `: must name a program", InputError);
  LinkCommand none("/no/such/program");
  none.change("l", BytesPerSecond(1));
  CHECK(none.error() == "/no/such/program l 8: No such file or directory");
}
