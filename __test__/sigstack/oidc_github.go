// SPDX-License-Identifier: Apache-2.0

package main

import "strings"

// The name under which the certificate authority knows how to read the claims of a workflow.
const githubProvider = "github-workflow"

// What GitHub's provider claims about a run of a workflow.
func githubClaims() map[string]any {
	commit := strings.Repeat("5e", 20)
	workflow := "acme/model/.github/workflows/release.yml@refs/heads/main"
	return map[string]any{
		"sub": "repo:acme/model:ref:refs/heads/main", "repository": "acme/model", "repository_id": "1001",
		"repository_owner": "acme", "repository_owner_id": "1002", "repository_visibility": "public",
		"ref": "refs/heads/main", "sha": commit, "event_name": "push", "workflow": "release",
		"workflow_ref": workflow, "workflow_sha": commit, "job_workflow_ref": workflow, "job_workflow_sha": commit,
		"run_id": "1003", "run_attempt": "1", "runner_environment": "github-hosted",
	}
}

// Which claim goes into which extension of the certificate, as the public authority is configured.
func githubMetadata() map[string]any {
	const run = "{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}"
	return map[string]any{
		"DefaultTemplateValues":          map[string]string{"url": "https://github.com"},
		"SubjectAlternativeNameTemplate": "{{ .url }}/{{ .job_workflow_ref }}",
		"ExtensionTemplates": map[string]string{
			"GithubWorkflowTrigger": "event_name", "GithubWorkflowSHA": "sha", "GithubWorkflowName": "workflow",
			"GithubWorkflowRepository": "repository", "GithubWorkflowRef": "ref",
			"BuildSignerURI": "{{ .url }}/{{ .job_workflow_ref }}", "BuildSignerDigest": "job_workflow_sha",
			"RunnerEnvironment": "runner_environment", "SourceRepositoryURI": "{{ .url }}/{{ .repository }}",
			"SourceRepositoryDigest": "sha", "SourceRepositoryRef": "ref", "SourceRepositoryIdentifier": "repository_id",
			"SourceRepositoryOwnerURI":            "{{ .url }}/{{ .repository_owner }}",
			"SourceRepositoryOwnerIdentifier":     "repository_owner_id",
			"SourceRepositoryVisibilityAtSigning": "repository_visibility",
			"BuildConfigURI":                      "{{ .url }}/{{ .workflow_ref }}", "BuildConfigDigest": "workflow_sha",
			"BuildTrigger": "event_name", "RunInvocationURI": run,
		},
	}
}
