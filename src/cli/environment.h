// What a command is told by where it runs, and what it says when that is no good.
#pragma once

#include <map>
#include <string>

#include "config/problem.h"

namespace vestnik::cli {

// This process's.
std::map<std::string, std::string> environment();

// Prints them to standard error, one a line.
void print_problems(const config::Problems& problems);

}  // namespace vestnik::cli
