// SPDX-License-Identifier: Apache-2.0
//
// Runs the real program in a folder of its own, with a small catalogue.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "resolver/control/protocol.h"
#include "tests/support/temporary_folder.h"

namespace cenote::cli {

struct Ran {
    int code = -1;
    std::string out;
    std::string err;

    [[nodiscard]] control::Json json() const {
        auto json = control::Json::parse(out, nullptr, false);
        EXPECT_FALSE(json.is_discarded()) << out << err;
        return json;
    }
};

class ToolTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::filesystem::create_directories(folder_ / "services");
        write("services/alpha.toml", kCatalogue);
    }

    void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

    [[nodiscard]] static std::string read(const std::filesystem::path& path) {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }

    /// Writes cenote.toml with the catalogue, a directive, and further text.
    void configure(const std::string& more) const {
        write("cenote.toml",
              "[server]\nnode = \"node1\"\ntimezone = \"UTC\"\n[control]\nsocket = \"control.sock\"\n"
              "[blocklist]\nset = \"cenote.set\"\nservices = [\"services\"]\n"
              "[[directive]]\nid = \"test-1\"\ntargets = [\"service:alpha\"]\nstep = \"restrict\"\n"
              "title = \"Under assessment\"\nends = 2099-12-31T23:59:59Z\n" +
                  more);
    }

    /// Runs the program with `arguments`, split by a shell.
    [[nodiscard]] Ran run(const std::string& arguments) const { return shell(CENOTE_PROGRAM " " + arguments); }

    [[nodiscard]] Ran shell(const std::string& command) const {
        const std::string folder = folder_.path().string();
        const std::string line = "cd '" + folder + "' && CENOTE_CONFIG='" + folder + "/cenote.toml' " + command +
                                 " >'" + folder + "/out' 2>'" + folder + "/err' </dev/null";
        const int status = std::system(line.c_str());
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(folder_ / "out"), read(folder_ / "err")};
    }

    static long lines_of(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

    testing_support::TemporaryFolder folder_;

private:
    static constexpr const char* kCatalogue = R"(vendor       = "Alpha Labs"
jurisdiction = "KR"
[[service]]
id       = "alpha"
aliases  = ["alpha-chat"]
name     = "Alpha Chat"
category = ["chat"]
default  = true
checked  = 2026-11-01
evidence = ["alpha-labs.example"]
shared   = ["shared.cdn-net.example"]
[[service.domain]]
name = "alpha-ai.example"
role = "web"
[[service.domain]]
name = "api.alpha-ai.example"
role = "api"
[[service]]
id       = "beta"
aliases  = []
name     = "Beta Code"
category = ["coding"]
default  = true
checked  = 2026-11-01
evidence = ["alpha-labs.example"]
shared   = []
[[service.domain]]
name = "beta-ai.example"
role = "web"
)";
};

}  // namespace cenote::cli
