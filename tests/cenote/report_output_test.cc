// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/report_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "tests/document/report_fixture.h"
#include "tests/support/temporary_folder.h"

namespace cenote::cli {
namespace {

using document::Language;
using document::plausible_report;
using testing::HasSubstr;

std::string content(const Path& file) {
    std::ifstream in(file, std::ios::binary);
    return {(std::istreambuf_iterator<char>(in)), {}};
}

std::string refusal(const Status& status) { return status.ok() ? "accepted" : status.error().text; }

class ReportOutputTest : public ::testing::Test {
protected:
    Status write(ReportFormat format, const Path& out, const std::string& table = "") {
        return write_report(report_, {format, Language::Korean, out, table});
    }
    /// The names in a folder.
    static std::size_t files_in(const Path& folder) {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
    }

    testing_support::TemporaryFolder folder_;
    document::Json report_ = plausible_report();
};

TEST_F(ReportOutputTest, EachFormatIsTheDocumentsOwn) {
    const Path text = folder_.path() / "r.txt";
    const Path html = folder_.path() / "r.html";
    const Path json = folder_.path() / "r.json";
    ASSERT_TRUE(write(ReportFormat::Text, text).ok());
    ASSERT_TRUE(write(ReportFormat::Html, html).ok());
    ASSERT_TRUE(write(ReportFormat::Data, json).ok());
    EXPECT_EQ(content(text), *document::text(report_, Language::Korean));
    EXPECT_EQ(content(html), *document::html(report_, Language::Korean));
    EXPECT_EQ(document::Json::parse(content(json)), report_);
    EXPECT_EQ(files_in(folder_.path()), 3U) << "no temporary file remains";
}

TEST_F(ReportOutputTest, AFolderOfCsvHasATableAFileAndTheStamp) {
    const Path out = folder_.path() / "csv";
    ASSERT_TRUE(write(ReportFormat::Csv, out).ok());
    const auto tables = document::tables(report_, Language::Korean);
    EXPECT_EQ(files_in(out), tables->size() + 2);
    EXPECT_EQ(content(out / "cenote-report.json"), *document::stamp(report_, Language::Korean) + "\n");
    EXPECT_THAT(content(out / "report.csv"), HasSubstr("fact,data_digest,aaaa"));
    for (const document::Table& table : *tables)
        EXPECT_EQ(content(out / (table.id + ".csv")), document::csv(table, std::string(64, 'a')));
    EXPECT_TRUE(write(ReportFormat::Csv, out).ok()) << "a folder of a report may be written again";
}

TEST_F(ReportOutputTest, AFolderWithOtherFilesIsLeftAlone) {
    std::ofstream(folder_.path() / "services.csv") << "mine";
    EXPECT_THAT(refusal(write(ReportFormat::Csv, folder_.path())), HasSubstr("has other files"));
    EXPECT_EQ(content(folder_.path() / "services.csv"), "mine");
    EXPECT_EQ(files_in(folder_.path()), 1U);
}

TEST_F(ReportOutputTest, OneTable) {
    const Path out = folder_.path() / "services.csv";
    ASSERT_TRUE(write(ReportFormat::Csv, out, "services").ok());
    EXPECT_TRUE(content(out).starts_with("service,name,"));
    EXPECT_THAT(refusal(write(ReportFormat::Csv, out, "servces")), HasSubstr("there is no table 'servces': services "));
    EXPECT_THAT(refusal(write(ReportFormat::Text, out, "services")), HasSubstr("--table is for csv"));
    EXPECT_THAT(refusal(write(ReportFormat::Csv, folder_.path() / "all.csv")), HasSubstr("one file a table"));
    EXPECT_THAT(refusal(write(ReportFormat::Csv, "")), HasSubstr("name a folder with --out"));
}

TEST_F(ReportOutputTest, AFolderIsNoFile) {
    EXPECT_THAT(refusal(write(ReportFormat::Html, folder_.path())), HasSubstr("is a folder: name a file in it"));
    EXPECT_THAT(refusal(write(ReportFormat::Html, folder_.path() / "none" / "r.html")), HasSubstr("none"));
    const Path file = folder_.path() / "file";
    std::ofstream(file) << "x";
    EXPECT_THAT(refusal(write(ReportFormat::Csv, file)), HasSubstr("is a file"));
}

TEST_F(ReportOutputTest, AReportThatIsNotWholeChangesNoFile) {
    const Path out = folder_.path() / "r.html";
    std::ofstream(out) << "old";
    report_.erase("use");
    EXPECT_EQ(refusal(write(ReportFormat::Html, out)), "the report has no 'use'");
    EXPECT_EQ(content(out), "old");
}

TEST_F(ReportOutputTest, AFileHasTheModeOfTheUser) {
    const mode_t before = ::umask(027);
    const Path out = folder_.path() / "r.txt";
    EXPECT_TRUE(write(ReportFormat::Text, out).ok());
    ::umask(before);
    struct stat found {};
    ASSERT_EQ(::stat(out.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0640U);
}

/// PATH has a program of the test in the place of weasyprint.
class ReportPdfTest : public ReportOutputTest {
protected:
    void SetUp() override {
        old_ = std::getenv("PATH");
        ::setenv("PATH", folder_.path().c_str(), 1);
    }
    void TearDown() override { ::setenv("PATH", old_.c_str(), 1); }
    void install(const std::string& script) {
        const Path program = folder_.path() / "weasyprint";
        std::ofstream(program) << "#!/bin/sh\n" << script;
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    }
    std::string old_;
    Path out_ = folder_.path() / "r.pdf";
};

TEST_F(ReportPdfTest, WithoutWeasyprintSaysWhatToInstall) {
    EXPECT_THAT(refusal(write(ReportFormat::Pdf, out_)), HasSubstr("install the package weasyprint"));
    EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST_F(ReportPdfTest, IsWhatWeasyprintMakesOfThePage) {
    install("[ \"$1\" = --quiet ] && IFS= read -r line < \"$2\" && echo \"$line\" > \"$3\"\n");
    ASSERT_EQ(refusal(write(ReportFormat::Pdf, out_)), "accepted");
    EXPECT_EQ(content(out_), "<!DOCTYPE html>\n");
}

TEST_F(ReportPdfTest, AFailureLeavesNoFile) {
    install("exit 3\n");
    EXPECT_THAT(refusal(write(ReportFormat::Pdf, out_)), HasSubstr("weasyprint has failed"));
    EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST(ReportFormats, AreChosenByFlagAndName) {
    EXPECT_EQ(*chosen_format("", ""), ReportFormat::Text);
    EXPECT_EQ(*chosen_format("", "a/b.html"), ReportFormat::Html);
    EXPECT_EQ(*chosen_format("", "b.pdf"), ReportFormat::Pdf);
    EXPECT_EQ(*chosen_format("csv", "folder"), ReportFormat::Csv);
    EXPECT_THAT(chosen_format("", "folder").error().text, HasSubstr("does not say the format"));
    EXPECT_THAT(chosen_format("html", "b.json").error().text, HasSubstr("contradict"));
    EXPECT_THAT(chosen_format("xlsx", "").error().text,
                HasSubstr("'xlsx' is not a format: text, json, csv, html or pdf"));
}

}  // namespace
}  // namespace cenote::cli
