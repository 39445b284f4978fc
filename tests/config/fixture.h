// SPDX-License-Identifier: Apache-2.0
//
// A folder for configuration files, and what reading them reports.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "resolver/config/sections.h"
#include "tests/support/temporary_folder.h"

namespace cenote::config {

class LoadTest : public ::testing::Test {
protected:
    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name) << text;
    }

    std::optional<Settings> load_folder() { return load(folder_ / "cenote.toml", diagnostics_); }

    std::optional<Settings> load_string(std::string_view text) {
        const HostInfo host_info{.host_name = "dns1", .resolv_conf = folder_ / "resolv.conf"};
        auto settings = load_text(text, folder_ / "cenote.toml", host_info, diagnostics_);
        EXPECT_TRUE(settings.has_value()) << (diagnostics_.all().empty() ? "" : diagnostics_.all()[0].to_string());
        return settings;
    }

    [[nodiscard]] std::vector<std::string> texts(Diagnostic::Severity severity) const {
        std::vector<std::string> texts;
        for (const auto& one : diagnostics_.all())
            if (one.severity == severity) texts.push_back(one.to_string());
        return texts;
    }

    testing_support::TemporaryFolder folder_;
    Diagnostics diagnostics_;
};

}  // namespace cenote::config
