//! Adds the parameters that a connection string does not set: from a service file, then from environment variables.

use super::parameters::{KEYWORDS, Parameters, ValueOrigin, known, unknown};
use super::{keywords, url};
use crate::engine::Result;
use crate::engine::connection::service;
use crate::engine::connection::variables::Variables;

/// Returns all parameters in libpq's order of precedence.
pub(super) fn collect_parameters(text: &str, variables: &Variables) -> Result<Parameters> {
    let text = text.trim();
    let mut parameters = match url::parse(text) {
        Some(parsed) => parsed?,
        None => keywords::parse(text)?,
    };
    let service = parameters.get("service").or_else(|| variables.get("PGSERVICE").filter(|name| !name.is_empty()));
    if let Some(service) = service.map(str::to_owned) {
        add_service(&service, &mut parameters, variables)?;
    }
    for (keyword, variable) in KEYWORDS {
        let Some(name) = variable else { continue };
        if let Some(value) = variables.get(name) {
            parameters.set_default(keyword, value, ValueOrigin::Variable(name));
        }
    }
    Ok(parameters)
}

fn add_service(name: &str, parameters: &mut Parameters, variables: &Variables) -> Result<()> {
    let file = parameters.get("servicefile").or_else(|| variables.get("PGSERVICEFILE")).map(str::to_owned);
    let section = service::find(name, file.as_deref(), variables)?;
    let mut after_password = false;
    for setting in section.settings {
        let Some(keyword) = known(&setting.keyword) else {
            let place = format!("line {} of {}", setting.line, section.path.display());
            return Err(unknown(&setting.keyword, &place, after_password));
        };
        after_password |= keyword.contains("password");
        parameters.set_default(keyword, setting.value, ValueOrigin::Service(name.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Variables { environment: pairs.iter().map(pair).collect(), home: None }
    }

    #[test]
    fn the_string_has_precedence_over_the_service_and_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("services");
        std::fs::write(&file, "[s]\nhost=service\nport=2\nuser=service\n").unwrap();
        let file = file.display().to_string();
        let environment = [
            ("PGSERVICEFILE", file.as_str()),
            ("PGHOST", "environment"),
            ("PGPORT", "3"),
            ("PGUSER", "environment"),
            ("PGDATABASE", "environment"),
        ];
        let all = variables(&environment);
        let read = |text: &str, keyword: &str, variables: &Variables| {
            collect_parameters(text, variables).unwrap().given(keyword).map(str::to_owned).unwrap_or_default()
        };
        for (text, keyword, value) in [
            ("host=string service=s", "host", "string"),
            ("host=string service=s", "port", "2"),
            ("host=string service=s", "dbname", "environment"),
            ("postgresql:///?service=s", "user", "service"),
            ("host=string", "port", "3"),
            ("user=''", "user", ""),
        ] {
            assert_eq!(read(text, keyword, &all), value, "{text} {keyword}");
        }
        let mut by_variable = all.clone();
        by_variable.environment.insert("PGSERVICE".into(), "s".into());
        assert_eq!(read("", "host", &by_variable), "service");
    }

    #[test]
    fn an_unknown_keyword_in_a_service_file_is_reported_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("services");
        std::fs::write(&file, "[s]\nhots=x\n").unwrap();
        let variables = variables(&[("PGSERVICEFILE", file.to_str().unwrap())]);
        let report = collect_parameters("service=s", &variables).err().unwrap().report();
        assert!(report.contains("line 2 of") && report.contains("`hots`") && report.contains("`host`"), "{report}");
    }
}
