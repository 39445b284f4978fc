// SPDX-License-Identifier: Apache-2.0
//
// Files of the query log for tests, as the daemon hands them over: open, plain or compressed.
//
// Threads: one.   Memory: the files are in a folder of the test.   Failure: of the test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "resolver/base/time_text.h"
#include "resolver/sinks/log_file.h"
#include "resolver/sinks/log_line.h"
#include "resolver/sinks/logged_lines.h"
#include "tests/support/temporary_folder.h"

namespace cenote::testing_support {

class LogFiles {
public:
    static WallTime noon() { return parse_time("2026-11-30T12:00:00Z").value(); }
    static std::string line(const std::string& name, seconds after = seconds(0),
                            sinks::LogFormat format = sinks::LogFormat::Jsonl, const std::string& directive = "d1") {
        sinks::HitRecord hit;
        hit.at = noon() + after;
        hit.name = name;
        hit.directive = directive;
        hit.service = "alpha";
        hit.group = "staff";
        hit.client = "0123456789abcdef";
        hit.hit.verdict = telemetry::QueryVerdict::Restrict;
        return sinks::log_line(format, hit, {"dns1", "1", "d"}, 1) + "\n";
    }

    /// A file of the log with this text.
    void add(const std::string& text, bool open = false, bool packed = false) {
        const Path path = folder_ / ("log" + std::to_string(files_.size()));
        std::ofstream(path, std::ios::binary) << text;
        Path used = path;
        if (packed) {
            used += ".zst";
            EXPECT_TRUE(sinks::compress_log(path, used).ok());
        }
        files_.push_back({used.filename().string(), open, nullptr});
        paths_.push_back(used);
    }

    /// The daemon opens the files for each request.
    std::vector<sinks::OpenLogFile>& opened() {
        for (std::size_t i = 0; i < files_.size(); ++i)
            files_[i].fd = std::make_shared<const UniqueFd>(::open(paths_[i].c_str(), O_RDONLY));
        return files_;
    }
    [[nodiscard]] const std::vector<Path>& paths() const noexcept { return paths_; }

private:
    TemporaryFolder folder_;
    std::vector<sinks::OpenLogFile> files_;
    std::vector<Path> paths_;
};

}  // namespace cenote::testing_support
